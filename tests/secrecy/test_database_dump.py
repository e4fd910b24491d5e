"""A dump of the database reveals no secret: the keys are elsewhere, or there is none."""

from collections.abc import Iterator

import pytest
import time_machine
from django.apps import apps
from django.conf import LazySettings

from brokers.webhooks.authenticator import shared_authenticator
from operators.models import Operator
from operators.sms import memory
from registration import device_http
from registration.deferred_log import LateLog, write
from tests.operators.people import START, person
from tests.secrecy.dump import whole_database
from tests.secrecy.needles import known
from tests.secrecy.world import every_secret

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[time_machine.Traveller]:
    """No counters from other tests; the log is written at once; times without six digits."""
    monkeypatch.setattr(LateLog, "add", lambda _, record: write([record]))
    device_http.registration_state.cache_clear()
    shared_authenticator.cache_clear()
    memory.outbox.clear()
    with time_machine.travel(START, tick=False) as clock:
        yield clock
    device_http.registration_state.cache_clear()
    shared_authenticator.cache_clear()
    memory.outbox.clear()


def test_a_dump_holds_none_of_a_thousand_known_secrets(
    settings: LazySettings, clock: time_machine.Traveller
) -> None:
    secrets = every_secret(settings, clock)
    assert len(secrets) > 1000
    assert len(secrets.kinds) >= 20
    heap = whole_database()
    assert b"invited-0" in heap
    assert secrets.found_in(heap) == []
    assert secrets.found_in(shown()) == []


def shown() -> bytes:
    """The text that a log line or a traceback would show of any row."""
    rows = (row for model in apps.get_models() for row in model._default_manager.all())
    return "\n".join(f"{row!r} {row}" for row in rows).encode()


def test_the_dump_is_the_whole_database(chen: Operator) -> None:
    """The search finds a value that is stored, in any table and any packing."""
    heap = whole_database()
    assert known([("phone", str(chen.phone)), ("password's digest", chen.password)]).found_in(heap)
    assert known([("migration", "0002_remove_content_type_name")]).found_in(heap)


@pytest.fixture
def chen() -> Operator:
    return person("chen", phone="+8613812341234")
