"""Why a device was accepted or refused: the log's key, the platform's code, words, and what to do.

Codes are the platform's (console_api.md 2.2, protocol.md 3.1) where it has one, else our own
short word, so that nobody mistakes our decision for a documented code.
"""

from django.utils.translation import gettext_noop as _

from devices.reasons.connecting import CONNECTING
from devices.reasons.reason import Reason
from devices.reasons.registering import REGISTERING

__all__ = ["REASONS", "Reason"]

_DONE = Reason("ok", "200", _("Success"), _("Done."))

REASONS: dict[str, Reason] = {reason.key: reason for reason in (_DONE, *REGISTERING, *CONNECTING)}
