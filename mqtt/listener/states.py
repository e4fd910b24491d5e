"""The states of a connection and the steps between them.

    CONNECTING ──CONNECT──► DECIDING ──► REGISTERED   push sent, the client closes within 15 s
        │                      ├───────► ONLINE       until DISCONNECT, keepalive or revocation
        └──────────────────────┴────────────► CLOSING ◄── both of the above

Rules
- The first packet is CONNECT and comes within 10 s of the accept, TLS handshake included.
- While DECIDING the database is asked; packets that come meanwhile wait as bytes, some KiB of them.
- A refusal is a CONNACK, flushed, then CLOSING. Only bytes that are no MQTT get no answer.
- CLOSING reads nothing any more and ends in 2 s whatever the peer does.
- A REGISTERED connection is no session: never online, it takes over and activates nothing.
- LOST is reached through `connection_lost` alone, and there everything is released.
"""

import enum


class State(enum.IntEnum):
    """Numbers, whose hash is computed by no Python code: every step looks two of them up."""

    CONNECTING = enum.auto()
    DECIDING = enum.auto()
    REGISTERED = enum.auto()
    ONLINE = enum.auto()
    CLOSING = enum.auto()
    LOST = enum.auto()


STEPS: dict[State, frozenset[State]] = {
    State.CONNECTING: frozenset({State.DECIDING, State.CLOSING, State.LOST}),
    State.DECIDING: frozenset({State.REGISTERED, State.ONLINE, State.CLOSING, State.LOST}),
    State.REGISTERED: frozenset({State.CLOSING, State.LOST}),
    State.ONLINE: frozenset({State.CLOSING, State.LOST}),
    State.CLOSING: frozenset({State.LOST}),
    State.LOST: frozenset(),
}

# Seconds.
CONNECT_WITHIN = 10.0
REGISTRATION_LASTS = 15.0
CLOSE_WITHIN = 2.0


def step(current: State, wished: State) -> State:
    """`wished`, if the table has the step; ValueError otherwise, which would be a bug."""
    if wished not in STEPS[current]:
        raise ValueError(f"no step from {current.name} to {wished.name}")
    return wished
