"""How many connections there may be: in all, before they have proven anything, and per address.

When all places are taken, the connection that has got nowhere for longest gives its own to the
newcomer: a device needs milliseconds to send its CONNECT, so whoever holds half-open connections
loses his own and keeps nobody out. A handshake that has begun is a step: when thousands come at
once, those for whom work was done are not the ones to go.

Behind a proxy all connections come from one address until each has said whose it is: meanwhile they
count towards the totals only, which keeps them bounded and lets no device wait for another.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from common.net.descriptors import most_connections
from common.ops.ratelimit import network_of


@dataclass(slots=True, eq=False)
class Slot:
    """One connection's place. `proven` once its credential was good. `origin` is None while a proxy
    has not told it."""

    origin: str | None
    # Closes the connection; set by whoever made it, and of use while it is silent.
    give_up: Callable[[], None] | None = None
    proven: bool = False
    released: bool = False


class Slots:
    def __init__(self, total: int, unproven: int, unproven_per_address: int) -> None:
        self._total = total
        self._unproven = unproven
        self._unproven_per_address = unproven_per_address
        self._by_origin: Counter[str] = Counter()  # unproven ones, of a known origin
        # Those that have not asked for anything yet, the oldest first; in all and by origin.
        self._silent: dict[Slot, None] = {}
        self._silent_by_origin: dict[str, dict[Slot, None]] = {}
        self.taken = 0
        self.taken_unproven = 0

    @classmethod
    def from_settings(cls) -> "Slots":
        total = most_connections(settings.MAX_CONNECTIONS)
        return cls(
            total,
            min(total, settings.MAX_UNAUTHENTICATED),
            settings.MAX_UNAUTHENTICATED_PER_ADDRESS,
        )

    def take(self, address: str | None) -> Slot | None:
        """A place for a connection just accepted, or None when nobody can give up one."""
        origin = network_of(address)
        if not self._has_room(origin):
            return None
        slot = self.take_unnamed()
        if slot is not None:
            self._count(slot, origin)
        return slot

    def take_unnamed(self) -> Slot | None:
        """The same for one from a proxy; `name` it when the proxy has told its address."""
        full = self.taken >= self._total or self.taken_unproven >= self._unproven
        if full and not self._free_one(self._silent):
            return None
        self.taken += 1
        self.taken_unproven += 1
        slot = Slot(None)
        self._silent[slot] = None
        return slot

    def name(self, slot: Slot, address: str) -> bool:
        """From now on it counts as the address's own. False when that has no place left."""
        origin = network_of(address)
        if slot.released or not self._has_room(origin):
            return False
        self._count(slot, origin)
        return True

    def _has_room(self, origin: str) -> bool:
        """Whether an origin may have one more, after one of its own has made room if need be."""
        return self._by_origin[origin] < self._unproven_per_address or self._free_one(
            self._silent_by_origin.get(origin, {})
        )

    def _count(self, slot: Slot, origin: str) -> None:
        slot.origin = origin
        self._by_origin[origin] += 1
        self._silent_by_origin.setdefault(origin, {})[slot] = None

    def _free_one(self, silent: dict[Slot, None]) -> bool:
        oldest = next(iter(silent), None)
        if oldest is None:
            return False
        give_up = oldest.give_up
        self.release(oldest)
        if give_up:
            give_up()
        return True

    def begun(self, slot: Slot) -> None:
        """Its handshake has: of those that have not asked yet it is the newest again."""
        for silent in (self._silent, self._silent_by_origin.get(slot.origin or "", {})):
            if slot in silent:
                silent[slot] = silent.pop(slot)

    def asked(self, slot: Slot) -> None:
        """The connection has sent its request: it keeps its place until it is answered."""
        slot.give_up = None
        self._silent.pop(slot, None)
        of_origin = self._silent_by_origin.get(slot.origin or "", {})
        if of_origin.pop(slot, slot) is None and not of_origin:
            del self._silent_by_origin[slot.origin or ""]

    def waits(self, slot: Slot, give_up: Callable[[], None]) -> None:
        """It was answered, and is silent until its next request: the newest of the silent ones."""
        if slot.released:
            return
        slot.give_up = give_up
        self._silent[slot] = None
        if slot.origin is not None and not slot.proven:
            self._silent_by_origin.setdefault(slot.origin, {})[slot] = None

    def prove(self, slot: Slot) -> None:
        """The connection counts towards the total only from now on."""
        if slot.proven or slot.released:
            return
        self.asked(slot)
        slot.proven = True
        self.taken_unproven -= 1
        if slot.origin is None:
            return
        self._by_origin[slot.origin] -= 1
        if not self._by_origin[slot.origin]:
            del self._by_origin[slot.origin]

    def release(self, slot: Slot) -> None:
        """The connection is gone, or about to be. Repeating it does nothing."""
        if slot.released:
            return
        self.asked(slot)
        self.prove(slot)
        slot.released = True
        self.taken -= 1
