"""A one-time code that confirms a dangerous act.

A code confirms one `Purpose` (act, target, wished state) for one operator in one session and
nothing else. `send_code` sends it, `confirm` takes it and gives a `Confirmed`, which is what a
dangerous operation asks for: holding one proves that a person has just agreed to exactly this.

    purpose = Purpose("product.dynamic_registration", product.target, "on",
                      gettext_noop("turn on Dynamic Registration for product %(product)s"),
                      {"product": product.name})
    send_code(operator, session_key, purpose)
    confirmed = confirm(actor, session_key, purpose, "sms", typed)
    set_dynamic_registration(confirmed)

Views need none of this: `operators.confirmation_views.handle` does the dialog.
Neither function may be called inside a transaction: the message leaves after a commit, and a
wrong try stays counted whatever the caller does next.
"""

from dataclasses import InitVar, dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.debug import sensitive_variables
from phonenumber_field.phonenumber import PhoneNumber

from operators import code_verification, sms, sms_quota
from operators.actor import SHELL, Actor
from operators.errors import ConfirmationError, SmsError, WrongCodeError
from operators.keyed_digests import keyed_digest, mask
from operators.models import Authenticator, Operator, SmsDevice, SmsSend, new_code
from operators.operations import audit, backup_codes
from operators.purposes import Purpose

__all__ = [
    "Challenge",
    "ChallengeState",
    "ConfirmationError",
    "Confirmed",
    "SmsError",
    "WrongCodeError",
    "challenge_state",
    "confirm",
    "send_code",
]

_PROOF = object()


@dataclass(frozen=True)
class Confirmed:
    """Proof that `actor` has confirmed `purpose`. Only `confirm` and the shell make one."""

    actor: Actor
    purpose: Purpose
    method: str  # sms, totp, backup, shell
    proof: InitVar[object] = None

    def __post_init__(self, proof: object) -> None:
        if proof is not _PROOF:
            raise TypeError("a Confirmed comes from confirm() or Confirmed.by_shell()")

    @classmethod
    def by_shell(cls, purpose: Purpose) -> "Confirmed":
        """Confirm from the shell. A shell has the database too, so a code would add nothing."""
        return cls(SHELL, purpose, "shell", _PROOF)


@dataclass(frozen=True)
class Challenge:
    """A code is on its way."""

    expires_at: datetime
    resend_at: datetime
    masked_number: str


@dataclass(frozen=True)
class ChallengeState:
    """State of a dialog for one purpose, one operator and one session."""

    masked_number: str  # "" while the operator has no verified number
    has_totp: bool
    backup_codes_left: int
    code_waiting: bool
    expires_at: datetime | None
    tries_left: int
    resend_at: datetime | None  # None: a code can be sent now
    resend_reason: str  # why not before `resend_at`, beyond the usual minute

    @property
    def has_alternative(self) -> bool:
        return self.has_totp or self.backup_codes_left > 0


def _number_for(operator: Operator, purpose: Purpose) -> PhoneNumber | None:
    """Where a code for `purpose` goes, or None while no number has been verified."""
    if purpose.verifies_phone:
        return PhoneNumber.from_string(purpose.target.removeprefix("phone/"))
    return operator.phone if operator.phone and operator.phone_verified_at else None


def _binding(operator: Operator, session_key: str, purpose: Purpose) -> str:
    """A session key opens the console, so only its digest is kept, mixed with the purpose."""
    if not session_key:
        raise ValueError("a confirmation belongs to a session")
    wanted = (purpose.act, purpose.target, purpose.wished)
    return keyed_digest("binding", str(operator.pk), session_key, *wanted)


def _require_role(operator: Operator, purpose: Purpose) -> None:
    if not (operator.may_change or purpose.is_own_account):
        raise ConfirmationError(_("Your account may look but not change. Ask an operator."))


def _message(code: str, purpose: Purpose) -> str:
    minutes = SmsDevice.VALID_SECONDS // 60
    text = _(
        "Code %(code)s to %(purpose)s. Valid for %(minutes)s minutes. If you did not ask for it, "
        "share it with nobody."
    )
    return text % {"code": code, "purpose": purpose.words, "minutes": minutes}


@sensitive_variables("code")
def send_code(
    operator: Operator, session_key: str, purpose: Purpose, *, address: str | None = None
) -> Challenge:
    """Send a fresh code for `purpose`; it voids the one before.

    Raises ConfirmationError when no number is verified or a limit is reached, SmsError when the
    provider does not take the message. After either, the code before is still in force. A message
    that may have been delivered (time-out, lost connection, no valid answer) counts as sent.
    """
    _require_role(operator, purpose)
    binding = _binding(operator, session_key, purpose)
    number = _number_for(operator, purpose)
    if number is None:
        raise ConfirmationError(
            _("No phone number is verified yet. Add yours in the Phone settings.")
        )
    code = new_code()
    reserved = sms_quota.reserve(operator, number)
    try:
        sms.send(number.as_e164, _message(code, purpose), operator.pk)
    except SmsError as error:
        # Anything else may have been delivered, and counts.
        if error.refused:
            sms_quota.release(reserved)
        raise
    device = _put_code(reserved, code, binding)
    _record_sent(Actor("console", operator, address), purpose, number)
    return Challenge(
        expires_at=device.valid_until,
        resend_at=reserved.at + timedelta(seconds=SmsDevice.COOLDOWN_SECONDS),
        masked_number=mask(number),
    )


@transaction.atomic
def _put_code(sent: SmsSend, code: str, binding: str) -> SmsDevice:
    """The code works from here on: what the provider refused was never stored."""
    device, _ = SmsDevice.objects.get_or_create(
        user=sent.operator, line=sent.line, defaults={"name": "SMS", "confirmed": False}
    )
    SmsDevice.objects.filter(user=sent.operator).exclude(pk=device.pk).update(
        token=None, binding=""
    )
    device.put_code(code, binding, sent.at)
    return device


def _record_sent(actor: Actor, purpose: Purpose, number: PhoneNumber) -> None:
    summary = gettext_noop("Sent a code to %(number)s to %(purpose)s")
    target, facts = _audit_target(actor, purpose), {"number": mask(number), "purpose": purpose.fact}
    audit.record(actor, "confirmation.send", target, summary, **facts)


def _audit_target(actor: Actor, purpose: Purpose) -> str:
    # A phone number is not for everybody who reads the audit trail.
    if purpose.is_own_account and actor.operator:
        return actor.operator.target
    return purpose.target


def confirm(actor: Actor, session_key: str, purpose: Purpose, method: str, code: str) -> Confirmed:
    """Take `code`, typed for `purpose`, and use it up.

    `method` is sms, totp or backup. Raises ConfirmationError. Right or wrong, the try is audited
    (without the code); a wrong one is counted before it is raised.
    """
    operator = actor.operator
    if operator is None:
        raise ValueError("the shell confirms with Confirmed.by_shell()")
    _require_role(operator, purpose)
    with transaction.atomic(durable=True):
        failure = _failure(operator, session_key, purpose, method, code)
        if failure is None or isinstance(failure, WrongCodeError):
            _record_tried(actor, purpose, method, right=failure is None)
    if failure:
        raise failure
    return Confirmed(actor, purpose, method, _PROOF)


def _failure(
    operator: Operator, session_key: str, purpose: Purpose, method: str, code: str
) -> ConfirmationError | None:
    if method == "sms":
        number, binding = _number_for(operator, purpose), _binding(operator, session_key, purpose)
        return code_verification.verify_sms(operator, number, binding, code)
    if method == "totp" and not purpose.verifies_phone:
        return code_verification.verify_totp(operator, code)
    if method == "backup" and not purpose.verifies_phone:
        return code_verification.verify_backup(operator, code)
    return ConfirmationError(_("This method cannot confirm this."))


_METHOD_WORDS = {
    "sms": gettext_noop("SMS code"),
    "totp": gettext_noop("authenticator code"),
    "backup": gettext_noop("backup code"),
}
_RIGHT = gettext_noop("Confirmed by %(method)s: %(purpose)s")
_WRONG = gettext_noop("Wrong %(method)s to %(purpose)s")


def _record_tried(actor: Actor, purpose: Purpose, method: str, *, right: bool) -> None:
    act, summary = ("accept", _RIGHT) if right else ("refused", _WRONG)
    target = _audit_target(actor, purpose)
    facts = {"method": {"words": _METHOD_WORDS[method]}, "purpose": purpose.fact}
    audit.record(actor, f"confirmation.{act}", target, summary, **facts)


def challenge_state(operator: Operator, session_key: str, purpose: Purpose) -> ChallengeState:
    """How far the confirmation of `purpose` is; reads only."""
    now = timezone.now()
    number = _number_for(operator, purpose)
    device = SmsDevice.objects.filter(user=operator, line__number=number).first()
    waiting = device is not None and device.is_waiting_for(
        _binding(operator, session_key, purpose), now
    )
    refused = sms_quota.refusal(operator, number, now) if number else None
    own = purpose.verifies_phone
    return ChallengeState(
        masked_number=mask(number) if number else "",
        has_totp=not own and Authenticator.objects.filter(user=operator, confirmed=True).exists(),
        backup_codes_left=0 if own else backup_codes.left(operator),
        code_waiting=waiting,
        expires_at=device.valid_until if device and waiting else None,
        tries_left=SmsDevice.MAX_TRIES - device.tries if device and waiting else 0,
        resend_at=refused.until if refused else None,
        resend_reason=refused.reason if refused else "",
    )
