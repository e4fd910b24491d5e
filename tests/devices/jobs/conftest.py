from collections.abc import Iterator

import pytest

from devices.jobs import KINDS, Kind
from tests.devices.jobs.kinds import MARK, install


@pytest.fixture(autouse=True)
def mark() -> Iterator[Kind]:
    yield install()
    del KINDS[MARK]
