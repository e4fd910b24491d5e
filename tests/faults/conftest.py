"""Listeners that are harmed, and certificates for them."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.world import LISTENER, Program, listener
from tests.mqtt.listener.conftest import pki_directory

__all__ = ["pki_directory"]

StartListener = Callable[..., Program]


def _durable(url: str) -> str:
    """Make commits survive the PostgreSQL process, though the test server waits for no disk.

    SQLite's commits survive anyway.
    """
    option = "options=-csynchronous_commit%3Don"
    return url if url.startswith("sqlite") else f"{url}{'&' if '?' in url else '?'}{option}"


@pytest.fixture
def begin(
    process_environment: dict[str, str], pki_directory: Path, tmp_path: Path
) -> Iterator[StartListener]:
    """Starts a listener as on a host of its own, by name; the end of the test kills it."""
    shutil.copytree(pki_directory, tmp_path / "pki")
    started: list[Program] = []

    def begin(name: str = "listener", *command: str, **environment: str) -> Program:
        url = _durable(process_environment["DATABASE_URL"])
        own = {
            **dict.fromkeys(("DATABASE_URL", "TEST_DATABASE"), url),
            "MQTTS_HOST": "127.0.0.1",
            "MQTT_BEHIND_TLS_PROXY": "true",
            **environment,
        }
        program = listener(tmp_path, name, command or LISTENER, {**process_environment, **own})
        started.append(program)
        program.start()
        return program

    yield begin
    for program in started:
        program.kill()
