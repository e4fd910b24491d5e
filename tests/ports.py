"""Loopback ports for servers that tests start as processes."""

import contextlib
import random
import socket

# Below those that Linux and macOS give to clients. Such a one could be taken by any connection
# between the moment a test found it free and the moment its server listens on it.
LOWEST, HIGHEST = 12_000, 30_000
# Not `random.randrange`: pytest-randomly seeds that alike in every process.
_chance = random.SystemRandom()


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, all different."""
    with contextlib.ExitStack() as stack:
        return [_occupy_one(stack) for _ in range(count)]


def free_port() -> int:
    """A port that nobody listens on."""
    return free_ports(1)[0]


def _occupy_one(stack: contextlib.ExitStack) -> int:
    """A port that is nobody else's until `stack` is closed."""
    while True:
        port = _chance.randrange(LOWEST, HIGHEST)
        with contextlib.suppress(OSError):
            stack.enter_context(socket.create_server(("127.0.0.1", port)))
            return port
