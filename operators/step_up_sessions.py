"""Which session has just proven who sits before it. The proof lies in the session itself.

It names operator, their second factors and session key (as a keyed digest). A session that changes
hands or key, as at sign-in, sign-out or a new password, has no proof. After a change of the second
factor only the session that made the change keeps its own.
"""

import hmac

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.utils import timezone

from operators.keyed_digests import keyed_digest
from operators.models import Operator
from operators.operations.second_factor import StepUp

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


def step_up(session: SessionBase, operator: Operator) -> StepUp | None:
    """Return the proof that operations on second factors need; None if the session is not fresh."""
    return StepUp(operator.pk, operator.factor_epoch) if is_fresh(session, operator) else None


def keep_fresh(session: SessionBase, operator: Operator) -> None:
    """Call it after this session changed a factor: the proof stays, and ends when it would have."""
    fresh = is_fresh(session, operator)
    operator.refresh_from_db()
    if fresh:
        session[_KEY] = {**session[_KEY], "by": _holder(session, operator)}


def _holder(session: SessionBase, operator: Operator) -> str:
    who = (str(operator.pk), str(operator.factor_epoch))
    return keyed_digest("fresh-confirmation", *who, session.session_key or "")
