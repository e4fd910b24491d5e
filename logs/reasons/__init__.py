"""Why a device was accepted or refused: the log's key, the platform's code, words, and what to do.

Codes are the platform's (console_api.md 2.2, protocol.md 3.1) where it has one, else our own
short word, so that nobody mistakes our decision for a documented code.
"""

from django.utils.translation import gettext_noop as _

from logs.reasons.connecting import CONNECTING
from logs.reasons.reason import Reason, ReasonFacts
from logs.reasons.registering import REGISTERING

__all__ = ["REASONS", "Reason", "ReasonFacts"]

_DONE = ReasonFacts(Reason.OK, "200", _("Success"), _("Done."))

REASONS: dict[str, ReasonFacts] = {facts.key: facts for facts in (_DONE, *REGISTERING, *CONNECTING)}
