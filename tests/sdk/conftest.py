"""Devices that run the unmodified Python Link SDK, and back ends that run the cloud's client."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.conf import settings

from tests.processes import Listener, running_listener
from tests.sdk.cloud_sdk import CloudSdk
from tests.sdk.python_sdk import LinkkitDevice

NewDevice = Callable[[], LinkkitDevice]


@pytest.fixture
def listener(process_environment: dict[str, str], tmp_path: Path) -> Iterator[Listener]:
    with running_listener(process_environment, tmp_path) as running:
        yield running


@pytest.fixture
def new_device(tmp_path: Path) -> Iterator[NewDevice]:
    """Makes devices, and ends them with the test."""
    python: Path = settings.LINKKIT_PYTHON
    if not python.is_file():
        pytest.skip(f"no Python with the Link SDK at {python}: `make .venv-linkkit` builds it")
    with ExitStack() as devices:
        yield lambda: devices.enter_context(LinkkitDevice(python, tmp_path / "linkkit.log"))


@pytest.fixture(scope="session")
def cloud_sdk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudSdk]:
    """One for all tests: its models take seconds to load."""
    python: Path = settings.CLOUDSDK_PYTHON
    if not python.is_file():
        pytest.skip(
            f"no Python with the cloud's client at {python}: `make .venv-cloudsdk` builds it"
        )
    sdk = CloudSdk(python, tmp_path_factory.mktemp("cloudsdk") / "client.log")
    yield sdk
    sdk.close()
