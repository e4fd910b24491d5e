"""Refusals: the answer of an operation that does not do what a device asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from logs.reasons import Reason
from protocol.redaction import Sent, SentForm


@dataclass(frozen=True, slots=True)
class Refused:
    """The device learns only a CONNACK code, or the answer over HTTPS.

    `story` is the trace id of the credential, if it was a good one all the same.
    """

    reason: Reason
    story: str = field(default="", compare=False)


# Refusals of a credential that proved nothing.
UNPROVEN = frozenset(
    {Reason.BAD_SIGNATURE, Reason.BAD_CREDENTIAL, Reason.PRODUCT_NOT_FOUND, Reason.UNKNOWN_DEVICE}
)
# Refusals for which something may be found out beyond the reason.
EXAMINED = UNPROVEN | {Reason.DEVICE_NOT_FOUND}

# Address, ProductKey, DeviceName and credential, as failures are counted.
FailureKey = tuple[str | None, str, str, str]


def counted(key: FailureKey, reason: str) -> FailureKey:
    """Return what a refusal counts against. A good credential is read again however often:
    at any moment an operator may let it in."""
    return key if reason in UNPROVEN else (*key[:3], "")


class Quietable(Protocol):
    """A request that may be one of a flood, or whose refusal the caller logs."""

    @property
    def quiet(self) -> bool:
        """Whether a refusal of it is not logged."""

    @property
    def log_later(self) -> bool:
        """Whether the caller logs it when it is refused for one of EXAMINED."""


def told_of(sent: Sent | SentForm | None, signed: bytes) -> dict[str, str]:
    """For the log of a refusal: what was sent, and the content that should have been signed."""
    if sent is None:
        return {}
    return sent.facts() | ({"content": sent.content(signed)} if signed else {})


R = TypeVar("R", bound=Quietable)
T = TypeVar("T")


def to_be_logged(requests: Sequence[R], outcomes: Sequence[T]) -> Iterator[tuple[R, T]]:
    """Requests with their outcomes, but for refused ones of a flood or to be logged later."""
    for request, outcome in zip(requests, outcomes, strict=True):
        if not isinstance(outcome, Refused) or _to_be_logged(request, outcome):
            yield request, outcome


def _to_be_logged(request: Quietable, refused: Refused) -> bool:
    later = request.log_later and refused.reason in EXAMINED
    return not (request.quiet or later)
