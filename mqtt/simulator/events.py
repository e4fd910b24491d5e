"""Events of a simulated device, and the words for them."""

import enum
from collections.abc import Callable
from dataclasses import dataclass


class Step(enum.StrEnum):
    """How far a device has come, or what has happened to it."""

    REGISTERING = "registering"
    REFUSED = "refused"
    REGISTERED = "registered"
    CONNECTED = "connected"
    PUBLISHED = "published"
    RECEIVED = "received"
    KICKED = "kicked"
    FORBIDDEN = "blocked"
    DISCONNECTED = "disconnected"
    WAITING = "waiting"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Event:
    """`words` is a sentence for people. `client_id` is the issued ClientID once there is one."""

    device_name: str
    step: Step
    words: str
    client_id: str = ""


Report = Callable[[Event], None]

_REGISTRATION = {
    2: "The server found the request malformed, or it did not come over TLS.",
    3: "The server has a fault of its own; it may work later.",
    4: "Not authenticated, or not allowed: wrong ProductSecret, Dynamic Registration off, "
    "DeviceName not added, device activated already, or five ClientIDs in use.",
}
_CONNECTION = {
    2: "The server found the clientId or its parameters malformed.",
    3: "The server has a fault of its own; it may work later.",
    4: "The server found the username or password malformed.",
    5: "This credential is forbidden: cut off by Switch, Clear, Disable or Delete, or not the "
    "one the server issued.",
}
_LOG_SERVICE = "The Log Service in the console names the reason."


def why_registration_failed(connack: int) -> str:
    """A sentence for the CONNACK code of a refused registration."""
    return _words(connack, _REGISTRATION)


def why_connection_failed(connack: int) -> str:
    """A sentence for the CONNACK code of a refused connection."""
    return _words(connack, _CONNECTION)


def _words(connack: int, table: dict[int, str]) -> str:
    reason = table.get(connack, "The server refused.")
    return f"CONNACK {connack}: {reason} {_LOG_SERVICE}"
