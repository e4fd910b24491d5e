"""Counters of a listener: plain numbers, read only when somebody asks.

Those of the loop are written by its thread alone and those of the batcher by its own; who reads
them may see one a moment before the other.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic

from devices.operations.authenticate import ConnectionRequest
from devices.operations.refusal import Refused
from mqtt.listener.dispatch import Outcome, Request
from protocol.client_id import TokenParams
from registration.operations.proof import RegistrationRequest

# Upper bounds; what is above the last is counted with the rest.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 400)


class Spread:
    """How many values came up to each of `bounds`, and their sum."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.sum = 0.0
        self._counts = [0] * (len(bounds) + 1)

    def add(self, value: float) -> None:
        self._counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def cumulated(self) -> list[tuple[str, float]]:
        """As Prometheus has them: by upper bound, each with all that are below."""
        total, rows = 0, []
        for bound, count in zip((*self.bounds, "+Inf"), list(self._counts), strict=True):
            total += count
            rows.append((str(bound), float(total)))
        return rows


@dataclass(slots=True)
class Meter:
    """Counts of the loop's thread."""

    packets: int = 0
    refused: Counter[int] = field(default_factory=Counter)  # by CONNACK code
    # Monotonic times of the last sign that the loop turns, and that the database answers.
    turned_at: float = field(default_factory=monotonic)
    database_at: float = field(default_factory=monotonic)


class BatchMeter:
    """Counters of the batcher's thread."""

    def __init__(self) -> None:
        self.sizes = Spread(SIZES)
        self.seconds = Spread(SECONDS)
        # By mode and result: that of REASONS, or accepted.
        self.registrations: Counter[tuple[str, str]] = Counter()
        # By credential and result.
        self.connects: Counter[tuple[str, str]] = Counter()

    def add(self, requests: Sequence[Request], outcomes: Sequence[Outcome], took: float) -> None:
        """A batch is done, `took` in seconds from being taken to its commit."""
        self.sizes.add(len(requests))
        self.seconds.add(took)
        for request, outcome in zip(requests, outcomes, strict=True):
            if isinstance(request, ConnectionRequest):
                token = isinstance(request.params, TokenParams)
                self.connects["token" if token else "signature", _result(outcome)] += 1
            elif isinstance(request, RegistrationRequest):
                self.registrations[request.params.mode.value, _result(outcome)] += 1


def _result(outcome: Outcome) -> str:
    return outcome.reason if isinstance(outcome, Refused) else "accepted"
