"""An authenticator app (TOTP): enrolled, used once to prove it works, removed."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from operators.actor import Actor
from operators.code_verification import locked_totp, verify_authenticator
from operators.confirmation import ConfirmationError
from operators.models import AuditEntry, Authenticator, Operator
from operators.operations import audit, second_factor
from operators.operations.second_factor import StepUp


def begin(operator: Operator) -> Authenticator:
    """A new secret, good for nothing until `activate`; it replaces one never activated."""
    Authenticator.objects.filter(user=operator, confirmed=False).delete()
    return Authenticator.objects.create(user=operator, name="Authenticator", confirmed=False)


def pending(operator: Operator, device_id: int | None) -> Authenticator | None:
    """The enrolment with this id, if it still waits for its first code."""
    return Authenticator.objects.filter(user=operator, confirmed=False, pk=device_id).first()


def abandon(operator: Operator, device_id: int | None) -> None:
    """Forget an enrolment that never got its first code."""
    Authenticator.objects.filter(user=operator, confirmed=False, pk=device_id).delete()


def is_set_up(operator: Operator) -> bool:
    return bool(Authenticator.objects.filter(user=operator, confirmed=True).exists())


def activate(
    actor: Actor, operator: Operator, device_id: int, code: str, step_up: StepUp | None
) -> AuditEntry:
    """Take the first right code: this authenticator replaces any other.

    Raises ConfirmationError; without proof of an existing factor, FactorNeededError. Like
    `confirm`, not to be called inside a transaction: a wrong try stays counted.
    """
    with transaction.atomic(durable=True):
        account = second_factor.locked(operator, step_up)
        failure = _try(operator, device_id, code)
        if failure is None:
            second_factor.changed(account)
            summary = gettext_noop("Set up the authenticator")
            entry = audit.record(actor, "totp.enable", operator.target, summary)
    if failure:
        raise failure
    second_factor.notify(actor, account, entry)
    return entry


def _try(operator: Operator, device_id: int, code: str) -> ConfirmationError | None:
    device = locked_totp(operator, confirmed=False, pk=device_id)
    if device is None:
        return ConfirmationError(_("This set-up has expired. Start again."))
    failure = verify_authenticator(device, code)
    if failure is None:
        Authenticator.objects.filter(pk=device.pk).update(confirmed=True)
        Authenticator.objects.filter(user=operator).exclude(pk=device.pk).delete()
    return failure


def remove(actor: Actor, operator: Operator, step_up: StepUp | None) -> AuditEntry | None:
    """Forget the authenticator; None when there was none. Raises FactorNeededError."""
    with transaction.atomic():
        account = second_factor.locked(operator, step_up)
        removed, _ = Authenticator.objects.filter(user=operator).delete()
        if not removed:
            return None
        second_factor.changed(account)
        summary = gettext_noop("Removed the authenticator")
        entry = audit.record(actor, "totp.remove", operator.target, summary)
    second_factor.notify(actor, account, entry)
    return entry
