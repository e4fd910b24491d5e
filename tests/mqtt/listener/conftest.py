"""A listener to connect to, with certificates that are made once."""

import shutil
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from pytest_django import Settings

from mqtt.listener import refusal_examiner
from registration.pki import CA_CERTIFICATE
from tests.clients.process import ListenerProcess, StartProcess
from tests.clients.running import RunningListener, StartListener
from tests.pki import pki_directory, server_tls

__all__ = ["pki_directory", "server_tls"]


@pytest.fixture
def start_listener(
    server_tls: ssl.SSLContext,
    pki_directory: Path,
    tmp_path: Path,
    transactional_db: None,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[StartListener]:
    """Starts a listener, with settings of its own; the end of the test stops it."""
    # Tests wait for what is logged about refusals.
    monkeypatch.setattr(refusal_examiner, "LATEST", 0.01)
    started: list[RunningListener] = []

    def start(**options: object) -> RunningListener:
        for name, value in options.items():
            setattr(settings, name, value)
        ca = pki_directory / CA_CERTIFICATE
        started.append(RunningListener(server_tls, ca, tmp_path / "listeners"))
        started[-1].start()
        return started[-1]

    yield start
    for listener in started:
        listener.stop()


@pytest.fixture
def listener(start_listener: StartListener) -> RunningListener:
    return start_listener()


@pytest.fixture
def start(
    process_environment: dict[str, str], pki_directory: Path, tmp_path: Path
) -> Iterator[StartProcess]:
    data_dir = tmp_path / "data"
    data_dir.mkdir(mode=0o700)
    shutil.copytree(pki_directory, data_dir / "pki")
    started: list[ListenerProcess] = []

    def begin(
        *arguments: str, environment: Mapping[str, str] | None = None, **ports: int
    ) -> ListenerProcess:
        complete = {**process_environment, **(environment or {})}
        started.append(ListenerProcess(complete, data_dir, *arguments, **ports))
        return started[-1]

    yield begin
    for process in started:
        process.end()
