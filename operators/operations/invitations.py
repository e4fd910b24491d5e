"""New accounts: an administrator invites, the invited person sets the password."""

import secrets
from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.debug import sensitive_variables

from common.errors import ConflictError, NotFoundError, OperationError
from operators.actor import Actor
from operators.models import Invitation, Operator, Role
from operators.operations import audit
from operators.operations.accounts import role_words

VALID = timedelta(hours=72)
# 32 bytes from the system's generator: nobody finds one by trying.
_BYTES = 32


def invite(
    actor: Actor, username: str, role: Role, *, email: str = "", every_product: bool = True
) -> tuple[Operator, str]:
    """An account nobody can sign in to yet, and the code with which its owner sets a password.

    The code can be seen only now. Raises OperationError for a bad name or one taken.
    """
    account = Operator(username=username, role=role, email=email, every_product=every_product)
    account.is_active = False
    account.set_unusable_password()
    with transaction.atomic():
        _cleaned(account).save()
        code = _new_code(account)
        summary = gettext_noop("Invited the account, role %(role)s")
        audit.record(
            actor, "operator.invite", account.target, summary, role={"words": role_words(role)}
        )
    return account, code


def _cleaned(account: Operator) -> Operator:
    try:
        account.full_clean(exclude=["password"])
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise OperationError(" ".join(messages), field=field) from error
    return account


def _new_code(account: Operator) -> str:
    code = secrets.token_urlsafe(_BYTES)
    wanted = {"digest": Invitation.digest_of(code), "expires_at": timezone.now() + VALID}
    Invitation.objects.update_or_create(operator=account, defaults=wanted)
    return code


def _invited(account_id: int) -> Operator:
    """The account, locked; raises unless it still waits for its password."""
    accounts = Operator.objects.select_for_update(of=("self",), no_key=True)
    account = accounts.filter(pk=account_id).first()
    if account is None:
        raise NotFoundError(_("This account does not exist or was deleted."))
    if account.state != "invited":
        raise ConflictError(_("This account already has a password."))
    return account


def renew(actor: Actor, account_id: int) -> str:
    """A new code; the one before is void."""
    with transaction.atomic():
        account = _invited(account_id)
        code = _new_code(account)
        summary = gettext_noop("Renewed the invitation")
        audit.record(actor, "operator.invite_again", account.target, summary)
    return code


def cancel(actor: Actor, account_id: int) -> None:
    """Take the invitation back, and the account with it: nobody has ever used it."""
    with transaction.atomic():
        account = _invited(account_id)
        summary = gettext_noop("Cancelled the invitation")
        audit.record(actor, "operator.cancel_invitation", account.target, summary)
        account.delete()


@sensitive_variables("code", "password")
def accept(code: str, name: str, password: str, address: str | None) -> Operator:
    """Set name and password of the invited account. Raises OperationError; a code is good once."""
    with transaction.atomic():
        account = _holder_of(code)
        account.first_name = name.strip()[:150]
        _check_password(password, account)
        account.set_password(password)
        account.is_active = True
        account.save(update_fields=["first_name", "password", "is_active"])
        Invitation.objects.filter(operator=account).delete()
        summary = gettext_noop("Accepted the invitation")
        actor = Actor("console", account, address)
        audit.record(actor, "operator.accept", account.target, summary)
    return account


def _holder_of(code: str) -> Operator:
    """The invited account, locked. Looking a digest under a key up by an index tells nothing."""
    found = Invitation.objects.filter(
        digest__in=Invitation.accepted_digests_of(code.strip()), expires_at__gt=timezone.now()
    )
    invitation = found.select_for_update(of=("self",)).select_related("operator").first()
    if invitation is None:
        raise NotFoundError(
            _("This invitation is invalid or has expired. Ask an administrator for a new one."),
            field="code",
        )
    return invitation.operator


def _check_password(password: str, account: Operator) -> None:
    try:
        validate_password(password, account)
    except ValidationError as error:
        raise OperationError(" ".join(error.messages), field="password") from error
