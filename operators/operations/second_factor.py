"""The second factor of an account: verified phone, authenticator, backup codes.

A password alone adds a factor only where there is none. Every other change takes a `StepUp`: proof
that an existing factor was confirmed in this session. Operations that change a factor begin with
`locked` and end with `changed`, in one transaction; `notify` follows the commit.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from phonenumber_field.phonenumber import PhoneNumber

from common.errors import ConflictError
from operators.actor import Actor
from operators.errors import ConfirmationError
from operators.models import (
    AuditEntry,
    Authenticator,
    BackupCode,
    BackupCodeDevice,
    Operator,
    SmsDevice,
)
from operators.notices import send_notice
from operators.operations import active_sessions, audit
from operators.operations.account_admin import minded


class FactorNeededError(ConfirmationError):
    """An existing second factor has to be confirmed first; nothing has changed."""


@dataclass(frozen=True, slots=True)
class StepUp:
    """A session of this account has just confirmed with one of the factors it had at this epoch.

    `operators.step_up_sessions.step_up` makes it.
    """

    operator_id: int
    factor_epoch: int


@dataclass(frozen=True, slots=True)
class Factors:
    """The second factors an account can confirm with."""

    phone: str  # masked; empty without a verified number
    authenticator: bool
    codes_left: int  # backup codes not used yet

    def __bool__(self) -> bool:
        return bool(self.phone or self.authenticator or self.codes_left)


def factors_of(operator: Operator) -> Factors:
    unused = BackupCode.objects.filter(device__user=operator, used_at=None)
    return Factors(
        phone=operator.masked_phone,
        authenticator=Authenticator.objects.filter(user=operator, confirmed=True).exists(),
        codes_left=unused.count(),
    )


def locked(operator: Operator, step_up: StepUp | None) -> Operator:
    """The account, locked for a change of its factors. Raises FactorNeededError without proof.

    The lock decides between two sessions that both found no factor.
    """
    accounts = Operator.objects.select_for_update(of=("self",), no_key=True)
    account = accounts.get(pk=operator.pk)
    proven = step_up == StepUp(account.pk, account.factor_epoch)
    if not proven and factors_of(account):
        raise FactorNeededError(
            _("Confirm with your phone, authenticator or a backup code first, then try again.")
        )
    return account


def changed(account: Operator) -> None:
    """Sessions that were confirmed by the factors as they were have to confirm again."""
    Operator.objects.filter(pk=account.pk).update(factor_epoch=F("factor_epoch") + 1)


def verified_number(account: Operator) -> PhoneNumber | None:
    return account.phone if account.phone and account.phone_verified_at else None


def notify(actor: Actor, account: Operator, entry: AuditEntry) -> None:
    """Tell the number `account` had before the change what `entry` says. Call it after the commit.

    `account` is as `locked` has returned it. A failure is only recorded: the change stands.
    """
    number = verified_number(account)
    if number:
        send_notice(actor, account, number, entry)


def reset(actor: Actor, account_id: int) -> Operator:
    """Forget all factors of somebody else's account and end its sessions.

    The account is then as new: its password alone sets up the first factor.
    """
    with minded(actor, account_id) as account:
        if actor.operator and actor.operator.pk == account.pk:
            raise ConflictError(_("Another administrator must reset your second factor."))
        if not factors_of(account):
            raise ConflictError(_("This account has no second factor."))
        before = Operator.objects.get(pk=account.pk)
        _forget(account)
        changed(account)
        active_sessions.end_all(account)
        summary = gettext_noop("Reset the second factor and signed the account out everywhere")
        entry = audit.record(actor, "second_factor.reset", account.target, summary)
    notify(actor, before, entry)
    return account


@transaction.atomic
def _forget(account: Operator) -> None:
    account.phone, account.phone_verified_at = "", None
    account.save(update_fields=["phone", "phone_verified_at"])
    SmsDevice.objects.filter(user=account).update(token=None, binding="", confirmed=False)
    Authenticator.objects.filter(user=account).delete()
    BackupCodeDevice.objects.filter(user=account).delete()
