"""Text messages that tell the owner of an account of a change. They hold no code.

They have limits of their own, so that nobody keeps a notice back by using up the codes. Never call
this inside a transaction: the message leaves after a commit.
"""

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from phonenumber_field.phonenumber import PhoneNumber

from operators import sms, sms_quota
from operators.actor import Actor
from operators.errors import SmsError
from operators.keyed_digests import mask
from operators.models import AuditEntry, Operator
from operators.operations import audit

_SENT = gettext_noop("Sent a notice to %(number)s")
_FAILED = gettext_noop("Notice to %(number)s could not be sent")
_LIMITED = gettext_noop("Notice to %(number)s not sent: too many notices")


def send_notice(actor: Actor, account: Operator, number: PhoneNumber, entry: AuditEntry) -> None:
    """Send what `entry` says to `number`, and record whether that worked."""
    summary = _send(account, number, entry)
    audit.record(actor, "second_factor.notice", account.target, summary, number=mask(number))


def _send(account: Operator, number: PhoneNumber, entry: AuditEntry) -> str:
    reserved = sms_quota.reserve_notice(account, number)
    if reserved is None:
        return _LIMITED
    try:
        sms.send(number.as_e164, _text(account, entry), account.pk)
    except SmsError as error:
        if error.refused:
            sms_quota.release(reserved)
        return _FAILED
    except OSError:  # SMS_BACKEND=console has no room for it
        return _FAILED
    return _SENT


def _text(account: Operator, entry: AuditEntry) -> str:
    """In the language of the account, which need not be that of whoever made the change."""
    chosen = account.language if account.language in dict(settings.LANGUAGES) else None
    with translation.override(chosen or translation.get_language()):
        text = _(
            "IoT Device Console, account %(name)s: %(change)s. "
            "If this was not you, tell an administrator."
        )
        return text % {"name": account.get_username(), "change": entry.text}
