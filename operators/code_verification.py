"""Is this code right? One function per kind of code; each uses the code up.

They return None for a right code and the error to raise for any other, so that the caller can
commit what a wrong try has changed before it raises. Call them inside a transaction.
"""

import re
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_otp.models import Device
from phonenumber_field.phonenumber import PhoneNumber

from operators.errors import ConfirmationError, WrongCodeError, words_for
from operators.models import Authenticator, BackupCodeDevice, Operator, SmsDevice, Try
from operators.operations.backup_codes import normalised

_SIX_DIGITS = re.compile(r"[0-9]{6}", re.ASCII)


def _digits(code: str) -> str | None:
    """The six digits, however they were grouped when typed or pasted."""
    compact = re.sub(r"[\s-]", "", code)
    return compact if _SIX_DIGITS.fullmatch(compact) else None


def verify_sms(
    operator: Operator, number: PhoneNumber | None, binding: str, code: str
) -> ConfirmationError | None:
    """Try `code` against the one sent to `number` for exactly this `binding`."""
    digits = _digits(code)
    if digits is None:
        return ConfirmationError(_("Enter the six digits of the code."))
    device = SmsDevice.objects.filter(user=operator, line__number=number).first()
    if device is None or not device.is_waiting_for(binding, timezone.now()):
        return _not_waiting(device, binding)
    match device.try_code(digits, binding):
        case Try.RIGHT:
            return None
        case Try.WRONG:
            return _wrong_sms(device)
        case Try.NOT_TAKEN:
            return ConfirmationError(_("This code was used or replaced. Send a new one."))


def _not_waiting(device: SmsDevice | None, binding: str) -> ConfirmationError:
    if device is not None and device.token is not None and device.binding == binding:
        return ConfirmationError(_("The code has expired. Send a new one."))
    return ConfirmationError(_("No code was sent for this. Send one first."))


def _wrong_sms(device: SmsDevice) -> WrongCodeError:
    token = device.token
    device.refresh_from_db(fields=["token", "tries"])
    if device.token == token:
        left = device.MAX_TRIES - device.tries
        text = ngettext("Wrong code. %(left)s try left.", "Wrong code. %(left)s tries left.", left)
        return WrongCodeError(text % {"left": left}, tries_left=left)
    text = _("Wrong code. It stops working after %(tries)s wrong tries: send a new one.")
    return WrongCodeError(text % {"tries": device.MAX_TRIES}, tries_left=0)


def verify_totp(operator: Operator, code: str) -> ConfirmationError | None:
    """Try `code` against the operator's authenticator; each code is good once."""
    device = locked_totp(operator, confirmed=True)
    if device is None:
        return ConfirmationError(_("No authenticator is set up. Add one in the settings."))
    return verify_authenticator(device, code)


def locked_totp(operator: Operator, **which: object) -> Authenticator | None:
    """django-otp's TOTP reads, compares and saves: only a lock keeps two of the same code apart."""
    devices = Authenticator.objects.select_for_update(of=("self",))
    return devices.filter(user=operator, **which).order_by("-id").first()


def verify_authenticator(device: Authenticator, code: str) -> ConfirmationError | None:
    digits = _digits(code)
    if digits is None:
        return ConfirmationError(_("Enter the six digits the authenticator shows."))
    if waiting := throttled(device):
        return waiting
    if device.verify_token(digits):
        return None
    return WrongCodeError(
        _("Wrong code, or one used before. Wait for the authenticator's next code.")
    )


def verify_backup(operator: Operator, code: str) -> ConfirmationError | None:
    """Try `code` against the operator's unused backup codes."""
    devices = BackupCodeDevice.objects.select_for_update(of=("self",))
    device = devices.filter(user=operator).first()
    if device is None:
        return ConfirmationError(_("You have no backup codes. Make some in the settings."))
    if waiting := throttled(device):
        return waiting
    if device.verify_token(normalised(code)):
        return None
    return WrongCodeError(_("Wrong backup code, or one used before."))


def throttled(device: Device) -> ConfirmationError | None:
    """The wait after wrong codes, if it is not over."""
    allowed, why = device.verify_is_allowed()
    if allowed:
        return None
    until: datetime = why["locked_until"]
    wait = until - timezone.now()
    text = _("Too many wrong codes. Try again in %(wait)s.") % {"wait": words_for(wait)}
    return ConfirmationError(text, retry_after=wait)
