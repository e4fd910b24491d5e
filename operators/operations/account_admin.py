"""Acts of an administrator on an account: role, deactivation, the end of its sessions.

There is always at least one active administrator. All of these lock the active administrators
first, so that two of them cannot demote each other at the same moment.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.errors import ConflictError, NotFoundError
from operators.actor import Actor
from operators.models import Operator, Role
from operators.operations import active_sessions, audit
from operators.operations.accounts import role_words


@contextmanager
def minded(actor: Actor, account_id: int) -> Iterator[Operator]:
    """The account, for a change by an administrator; undone when no active one would be left."""
    with transaction.atomic():
        admins = _lock_admins()
        if actor.operator and actor.operator.pk not in admins:
            raise ConflictError(_("You are no longer an administrator."))
        accounts = Operator.objects.select_for_update(of=("self",), no_key=True)
        account = accounts.filter(pk=account_id).first()
        if account is None:
            raise NotFoundError(_("This account does not exist or was deleted."))
        yield account
        if admins and not Operator.objects.filter(role=Role.ADMIN, is_active=True).exists():
            raise ConflictError(
                _("There must be an active administrator. Make somebody else one first.")
            )


def _lock_admins() -> set[int]:
    admins = Operator.objects.filter(role=Role.ADMIN, is_active=True).order_by("pk")
    locked = admins.select_for_update(of=("self",), no_key=True)
    return set(locked.values_list("pk", flat=True))


def set_role(actor: Actor, account_id: int, role: Role) -> Operator:
    with minded(actor, account_id) as account:
        before = Role(account.role)
        if before == role:
            raise ConflictError(_("The account already has this role."), field="role")
        account.role = role
        account.save(update_fields=["role"])
        summary = gettext_noop("Changed the role from %(before)s to %(role)s")
        words = {"before": {"words": role_words(before)}, "role": {"words": role_words(role)}}
        audit.record(actor, "operator.role", account.target, summary, **words)
    return account


def deactivate(actor: Actor, account_id: int) -> Operator:
    """Nobody signs in to it until it is reactivated; its sessions end at once."""
    with minded(actor, account_id) as account:
        if account.state != "active":
            raise ConflictError(_("The account is not active."))
        account.is_active = False
        account.save(update_fields=["is_active"])
        active_sessions.end_all(account)
        summary = gettext_noop("Deactivated the account and signed it out everywhere")
        audit.record(actor, "operator.deactivate", account.target, summary)
    return account


def reactivate(actor: Actor, account_id: int) -> Operator:
    with minded(actor, account_id) as account:
        if account.state != "deactivated":
            raise ConflictError(_("The account is not deactivated."))
        account.is_active = True
        account.save(update_fields=["is_active"])
        audit.record(
            actor, "operator.reactivate", account.target, gettext_noop("Reactivated the account")
        )
    return account


def sign_out_everywhere(actor: Actor, account_id: int) -> Operator:
    with minded(actor, account_id) as account:
        active_sessions.end_all(account)
        summary = gettext_noop("Signed the account out everywhere")
        audit.record(actor, "session.end_all", account.target, summary)
    return account
