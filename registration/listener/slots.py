"""How many connections there may be: in all, before they have proven anything, and per address.

When all places are taken, the connection that has been silent for longest gives its own to the
newcomer: a device needs milliseconds to send its CONNECT, so whoever holds half-open connections
loses his own and keeps nobody out.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from iotconsole.kit.ratelimit import network_of


@dataclass(slots=True, eq=False)
class Slot:
    """One connection's place. `proven` once its credential was good."""

    origin: str
    # Closes the connection; set by whoever made it.
    give_up: Callable[[], None] = lambda: None
    proven: bool = False
    released: bool = False


class Slots:
    def __init__(self, total: int, unproven: int, unproven_per_address: int) -> None:
        self._total = total
        self._unproven = unproven
        self._unproven_per_address = unproven_per_address
        self._by_origin: Counter[str] = Counter()  # unproven ones
        # Those that have not asked for anything yet, the oldest first; in all and by origin.
        self._silent: dict[Slot, None] = {}
        self._silent_by_origin: dict[str, dict[Slot, None]] = {}
        self.taken = 0
        self.taken_unproven = 0

    @classmethod
    def from_settings(cls) -> "Slots":
        return cls(
            settings.MAX_CONNECTIONS,
            settings.MAX_UNAUTHENTICATED,
            settings.MAX_UNAUTHENTICATED_PER_ADDRESS,
        )

    def take(self, address: str | None) -> Slot | None:
        """A place for a connection just accepted, or None when nobody can give up one."""
        origin = network_of(address)
        if self._by_origin[origin] >= self._unproven_per_address and not self._free_one(
            self._silent_by_origin.get(origin, {})
        ):
            return None
        full = self.taken >= self._total or self.taken_unproven >= self._unproven
        if full and not self._free_one(self._silent):
            return None
        self.taken += 1
        self.taken_unproven += 1
        self._by_origin[origin] += 1
        slot = Slot(origin)
        self._silent[slot] = None
        self._silent_by_origin.setdefault(origin, {})[slot] = None
        return slot

    def _free_one(self, silent: dict[Slot, None]) -> bool:
        oldest = next(iter(silent), None)
        if oldest is None:
            return False
        self.release(oldest)
        oldest.give_up()
        return True

    def asked(self, slot: Slot) -> None:
        """The connection has sent its CONNECT: it keeps its place until it is answered."""
        if self._silent.pop(slot, slot) is None:
            of_origin = self._silent_by_origin[slot.origin]
            del of_origin[slot]
            if not of_origin:
                del self._silent_by_origin[slot.origin]

    def prove(self, slot: Slot) -> None:
        """The connection counts towards the total only from now on."""
        if slot.proven or slot.released:
            return
        self.asked(slot)
        slot.proven = True
        self.taken_unproven -= 1
        self._by_origin[slot.origin] -= 1
        if not self._by_origin[slot.origin]:
            del self._by_origin[slot.origin]

    def release(self, slot: Slot) -> None:
        """The connection is gone, or about to be. Repeating it does nothing."""
        if slot.released:
            return
        self.prove(slot)
        slot.released = True
        self.taken -= 1
