"""Closing live sessions that Switch, Clear, Disable, Delete or a takeover elsewhere forbade.

Whether a revocation concerns a session is told by its id alone: the session knows the last
revocation before its admission (`Identity.revoked_up_to`), so reading one twice, late, or before
the session is even online makes no difference.
"""

import time
from collections import defaultdict
from collections.abc import Collection, Iterable

from common.ops.throttle import Clock
from devices.models import Revocation
from logs.reasons import Reason
from mqtt.listener.session import Identity
from mqtt.listener.sessions import Sessions

# How long a session may be between its commit and its place in the registry, with a wide margin.
_REMEMBERED_SECONDS = 30.0
# How long an id that was skipped may still be committed. The slow sweep finds what comes later.
_LATE_SECONDS = 30.0
# A sequence may jump after a crash of the database; such gaps are not asked for.
_MOST_LATE = 500


class Revocations:
    """Revocations read so far, those still to read, and the sessions they concern."""

    def __init__(self, sessions: Sessions, last_id: int, *, clock: Clock = time.monotonic) -> None:
        self._sessions = sessions
        self._clock = clock
        self.last_id = last_id
        self._late: dict[int, float] = {}  # skipped ids, and when they were skipped
        self._recent: defaultdict[int, dict[int, Revocation]] = defaultdict(dict)
        self._forget: list[tuple[float, int, int]] = []  # when read, device, revocation

    @property
    def late(self) -> Collection[int]:
        """Ids that were skipped lately."""
        return list(self._late)

    def apply(self, revocations: Iterable[Revocation]) -> None:
        """Cut the sessions these concern, and remember them for those not online yet."""
        now = self._clock()
        for revocation in revocations:
            self._note_id(revocation.pk, now)
            self._recent[revocation.device_id][revocation.pk] = revocation
            self._forget.append((now, revocation.device_id, revocation.pk))
            online = self._sessions.of_device(revocation.device_id)
            if online is not None and _concerns(revocation, online.session.identity):
                online.cut(Reason(revocation.reason))
        self._clean(now)

    def against(self, who: Identity) -> Reason | None:
        """The reason why a session about to be admitted must not be, if there is one."""
        known = self._recent.get(who.device_id)
        if not known:
            return None
        for revocation in known.values():
            if _concerns(revocation, who):
                return Reason(revocation.reason)
        return None

    def _note_id(self, number: int, now: float) -> None:
        if number <= self.last_id:
            self._late.pop(number, None)
            return
        first = max(self.last_id + 1, number - _MOST_LATE)
        self._late.update(dict.fromkeys(range(first, number), now))
        self.last_id = number

    def _clean(self, now: float) -> None:
        for number in [n for n, since in self._late.items() if now - since > _LATE_SECONDS]:
            del self._late[number]
        kept = 0
        for since, device_id, number in self._forget:
            if now - since <= _REMEMBERED_SECONDS:
                break
            kept += 1
            self._recent[device_id].pop(number, None)
            if not self._recent[device_id]:
                del self._recent[device_id]
        del self._forget[:kept]


def _concerns(revocation: Revocation, who: Identity) -> bool:
    if revocation.pk <= who.revoked_up_to:
        return False
    if revocation.keep_client_id and revocation.keep_client_id == who.client_id:
        return False
    return revocation.keep_trace_id != who.trace_id
