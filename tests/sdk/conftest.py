"""A listener in a process of its own, and devices that run the unmodified Python Link SDK."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.conf import settings

from tests.processes import Listener, running_listener
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
