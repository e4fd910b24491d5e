from collections.abc import Iterator

import pytest
import time_machine

from operators.models import Operator, Role
from operators.sms import memory
from tests.console.fixtures import console, fleet, unconfirmed
from tests.operators.people import CHEN_PHONE, MEI_PHONE, START, person

__all__ = ["console", "fleet", "unconfirmed"]


@pytest.fixture(autouse=True)
def outbox() -> Iterator[list[memory.Message]]:
    memory.outbox.clear()
    yield memory.outbox
    memory.outbox.clear()


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The time stands still at START until a test moves it."""
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def chen(db: None) -> Operator:
    """An operator with a verified phone."""
    return person("chen", phone=CHEN_PHONE)


@pytest.fixture
def mei(db: None) -> Operator:
    """Another operator, with a phone of her own."""
    return person("mei", phone=MEI_PHONE)


@pytest.fixture
def vik(db: None) -> Operator:
    """A viewer without a phone."""
    return person("vik", role=Role.VIEWER)
