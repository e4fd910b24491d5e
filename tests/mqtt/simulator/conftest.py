"""A listener in a process of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import Listener, running_listener


@pytest.fixture
def server(process_environment: dict[str, str], tmp_path: Path) -> Iterator[Listener]:
    with running_listener(process_environment, tmp_path / "data") as running:
        yield running
    assert "Traceback" not in running.process.output
