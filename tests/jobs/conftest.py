from collections.abc import Iterator

import pytest

from jobs.registry import KINDS, Kind
from tests.jobs.kinds import MARK, install


@pytest.fixture(autouse=True)
def mark() -> Iterator[Kind]:
    yield install()
    del KINDS[MARK]
