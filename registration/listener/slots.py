"""How many connections there may be: in all, before they have proven anything, and per address."""

from collections import Counter
from dataclasses import dataclass

from django.conf import settings

from iotconsole.kit.ratelimit import network_of


@dataclass(slots=True)
class Slot:
    """One connection's place. `proven` once its credential was good."""

    origin: str
    proven: bool = False


class Slots:
    def __init__(self, total: int, unproven: int, unproven_per_address: int) -> None:
        self._total = total
        self._unproven = unproven
        self._unproven_per_address = unproven_per_address
        self._by_origin: Counter[str] = Counter()  # unproven ones
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
        """A place for a connection just accepted, or None when there is none."""
        origin = network_of(address)
        if (
            self.taken >= self._total
            or self.taken_unproven >= self._unproven
            or self._by_origin[origin] >= self._unproven_per_address
        ):
            return None
        self.taken += 1
        self.taken_unproven += 1
        self._by_origin[origin] += 1
        return Slot(origin)

    def prove(self, slot: Slot) -> None:
        """The connection counts towards the total only from now on."""
        if not slot.proven:
            slot.proven = True
            self.taken_unproven -= 1
            self._by_origin[slot.origin] -= 1
            if not self._by_origin[slot.origin]:
                del self._by_origin[slot.origin]

    def release(self, slot: Slot) -> None:
        """Once per slot, when its connection is gone."""
        self.prove(slot)
        self.taken -= 1
