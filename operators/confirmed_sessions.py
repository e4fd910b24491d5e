"""Which session has just proven who sits before it. The proof lies in the session itself.

It names operator and session key (as a keyed digest), so a session that changes hands or key, as at
sign-in, sign-out or a new password, has none.
"""

import hmac

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.utils import timezone

from operators.digests import keyed_digest
from operators.models import Operator

_KEY = "identity_confirmed"


def remember(session: SessionBase, operator: Operator) -> None:
    """The operator has just typed a right code in this session."""
    session[_KEY] = {"at": timezone.now().timestamp(), "by": _holder(session, operator)}


def is_fresh(session: SessionBase, operator: Operator) -> bool:
    """Whether the operator confirmed in this session less than CONFIRMATION_FRESH_SECONDS ago."""
    proof = session.get(_KEY)
    if not proof or not hmac.compare_digest(proof["by"], _holder(session, operator)):
        return False
    age: float = timezone.now().timestamp() - proof["at"]
    return 0 <= age < settings.CONFIRMATION_FRESH_SECONDS


def _holder(session: SessionBase, operator: Operator) -> str:
    return keyed_digest("fresh-confirmation", str(operator.pk), session.session_key or "")
