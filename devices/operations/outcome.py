"""What an operation answers a device with when it does not do what was asked."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refused:
    """`reason` is a key of devices.reasons.REASONS. The device learns only a CONNACK code."""

    reason: str
