"""Periodic work of a listener: deadlines, revocations, housekeeping."""

import asyncio
import gc
from collections import deque
from collections.abc import Awaitable, Callable
from time import monotonic

from django.utils import timezone

from common.ops.error_log import Outage
from common.ops.gc_tuning import collect_what_is_new
from devices.operations import sessions as operations
from logs.reasons import Reason
from mqtt.listener.context import Hub
from mqtt.listener.db_thread import DatabaseThread
from mqtt.listener.liveness import (
    BURY_SECONDS,
    BURY_UNANNOUNCED_SECONDS,
    HEARTBEAT_SECONDS,
    Presence,
)

# Seconds between rounds.
DEADLINES_SECONDS = 0.5
POLL_SECONDS = 0.25
RECONCILE_SECONDS = 30.0
PRUNE_SECONDS = 600.0
# Connections leave no garbage that needs a collector. What does is little and soon found, if at all
# while it is new; a look at everything, with many sessions some 50 ms, is for the rest.
NEW_GARBAGE_SECONDS = 0.25
OLD_GARBAGE_SECONDS = 3600.0
CERTIFICATES_SECONDS = 3600.0

# Revocations are kept for so many rounds of pruning after they were read here.
KEEP_ROUNDS = 6
_PAGE = 1000  # revocations read at a time
_LAST_SECONDS = 0.2  # for each database thread to close its connection


class Rounds:
    """`start` and `stop` them. A round that fails is tried again when its turn comes."""

    def __init__(
        self, hub: Hub, presence: Presence, keeper: DatabaseThread, refresh: Callable[[], None]
    ) -> None:
        """`refresh` loads what may change on disk. `keeper` is closed by `stop`."""
        self._hub = hub
        self._presence = presence
        self._refresh = refresh
        # Reading revocations must not wait behind a heartbeat that waits for a lock.
        self._reader = DatabaseThread("revocations")
        self._keeper = keeper
        # Sessions that the last reconciliation found in the database and not here.
        self._unheld: set[str] = set()
        # The last revocation read, at each of the last rounds of pruning.
        self._read: deque[int] = deque()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        plan: tuple[tuple[str, float, Callable[[], Awaitable[None]]], ...] = (
            ("deadlines", DEADLINES_SECONDS, self._deadlines),
            ("reading revocations", POLL_SECONDS, self.poll),
            ("heartbeat", HEARTBEAT_SECONDS, self.beat),
            ("looking for dead listeners", BURY_SECONDS, self._bury),
            ("looking for lost sessions", BURY_UNANNOUNCED_SECONDS, self._bury_unannounced),
            ("reconciling sessions", RECONCILE_SECONDS, self.reconcile),
            ("pruning revocations", PRUNE_SECONDS, self.prune),
            ("reading certificates", CERTIFICATES_SECONDS, self._certificates),
            ("collecting new garbage", NEW_GARBAGE_SECONDS, _collect_what_is_new),
            ("collecting garbage", OLD_GARBAGE_SECONDS, _collect),
        )
        self._tasks = [asyncio.create_task(_repeat(*entry)) for entry in plan]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        threads = (self._reader, self._keeper)
        for thread in threads:
            thread.close()
        # A thread that closes its connection while the interpreter ends can crash it.
        for thread in threads:
            await asyncio.to_thread(thread.join, _LAST_SECONDS)

    async def leave(self, within: float) -> None:
        """End this listener's sessions in the database. Raises TimeoutError or its error."""
        await asyncio.wait_for(self._keeper.call(self._presence.leave), within)

    async def poll(self) -> None:
        """Read and apply the revocations written since the last time."""
        revocations = self._hub.revocations
        while True:
            found = await self._reader.call(
                operations.revocations_after, revocations.last_id, revocations.late, most=_PAGE
            )
            revocations.apply(found)
            if len(found) < _PAGE:
                return

    async def reconcile(self) -> None:
        """Make the sessions here and those in the database agree, whatever was missed."""
        held = {online.session.identity.trace_id: online for online in self._hub.sessions}
        allowed = await self._keeper.call(operations.allowed_sessions, self._hub.listener)
        for trace_id, online in held.items():
            if trace_id not in allowed:
                online.cut(Reason.SESSION_ENDED)
        unheld = allowed - {online.session.identity.trace_id for online in self._hub.sessions}
        # Seen once, it may be on its way here or just gone; seen twice, its end was lost.
        if lost := unheld & self._unheld:
            await self._keeper.call(
                operations.end_lost_sessions, self._hub.listener, lost, timezone.now()
            )
        self._unheld = unheld - lost

    async def _deadlines(self) -> None:
        self._hub.meter.turned_at = monotonic()
        await self._hub.peers.sweep()

    async def beat(self) -> None:
        """Say that this listener lives; if others thought not, check its sessions."""
        if not await self._keeper.call(self._presence.beat):
            await self.reconcile()
        self._hub.meter.database_at = monotonic()

    async def _bury(self) -> None:
        await self._keeper.call(self._presence.bury)

    async def _bury_unannounced(self) -> None:
        await self._keeper.call(self._presence.bury_unannounced)

    async def prune(self) -> None:
        self._read.append(self._hub.revocations.last_id)
        if len(self._read) > KEEP_ROUNDS:
            await self._keeper.call(operations.prune_revocations, self._read.popleft())

    async def _certificates(self) -> None:
        await asyncio.to_thread(self._refresh)


async def _collect_what_is_new() -> None:
    collect_what_is_new()


async def _collect() -> None:
    gc.collect()


async def _repeat(name: str, seconds: float, action: Callable[[], Awaitable[None]]) -> None:
    outage = Outage(name)
    while True:
        await asyncio.sleep(seconds)
        try:
            await action()
        except Exception as error:
            outage.failed(error)
        else:
            outage.passed()
