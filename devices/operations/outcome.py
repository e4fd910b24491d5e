"""What an operation answers a device with when it does not do what was asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar


@dataclass(frozen=True, slots=True)
class Refused:
    """`reason` is a key of devices.reasons.REASONS. The device learns only a CONNACK code.

    `story` is the trace id of the credential, if it was a good one all the same.
    """

    reason: str
    story: str = field(default="", compare=False)


class Quietable(Protocol):
    """A request that may be one of a flood."""

    @property
    def quiet(self) -> bool:
        """Whether a refusal of it is not logged."""


R = TypeVar("R", bound=Quietable)
T = TypeVar("T")


def to_be_logged(requests: Sequence[R], outcomes: Sequence[T]) -> Iterator[tuple[R, T]]:
    """Requests with their outcomes, but for the refused ones of a flood."""
    for request, outcome in zip(requests, outcomes, strict=True):
        if not (request.quiet and isinstance(outcome, Refused)):
            yield request, outcome
