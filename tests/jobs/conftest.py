from collections.abc import Iterator

import pytest

from jobs.registry import KINDS, Kind
from tests.console.fixtures import ca_file, chen, console, fleet, mei, outbox, unconfirmed, viewing
from tests.jobs.kinds import MARK, install

__all__ = ["ca_file", "chen", "console", "fleet", "mei", "outbox", "unconfirmed", "viewing"]


@pytest.fixture(autouse=True)
def mark() -> Iterator[Kind]:
    yield install()
    del KINDS[MARK]
