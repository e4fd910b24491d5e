"""People at their browsers, and a fleet to look at, for the conftest of each app with views."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client

from operators import step_up_sessions
from operators.models import Operator, Role
from operators.sms import memory
from tests.console.seed import Fleet, seed
from tests.operators.people import CHEN_PHONE, MEI_PHONE, person

HTMX = {"HX-Request": "true"}


def htmx(target: str) -> dict[str, str]:
    """Headers of a request whose answer replaces the element `target`."""
    return {"HX-Request": "true", "HX-Target": target}


@pytest.fixture
def outbox() -> Iterator[list[memory.Message]]:
    memory.outbox.clear()
    yield memory.outbox
    memory.outbox.clear()


@pytest.fixture
def chen(db: None) -> Operator:
    """An administrator with a verified phone."""
    return person("chen", role=Role.ADMIN, phone=CHEN_PHONE)


@pytest.fixture
def mei(db: None) -> Operator:
    """Another operator, with a phone of her own."""
    return person("mei", phone=MEI_PHONE)


def confirmed(client: Client, operator: Operator) -> Client:
    """As if the operator had just typed a right code in this browser."""
    session = client.session
    step_up_sessions.remember(session, operator)
    session.save()
    return client


@pytest.fixture
def unconfirmed(chen: Operator) -> Client:
    """Chen's browser, before any code was typed in it."""
    client = Client()
    client.force_login(chen)
    return client


@pytest.fixture
def console(unconfirmed: Client, chen: Operator) -> Client:
    """Chen's browser, in which a code has just been typed."""
    return confirmed(unconfirmed, chen)


@pytest.fixture
def viewing(db: None) -> Client:
    """The browser of somebody who may only look."""
    client = Client()
    client.force_login(person("vik", role=Role.VIEWER))
    return client


@pytest.fixture
def fleet(chen: Operator) -> Fleet:
    return seed(chen)


@pytest.fixture
def ca_file(settings: LazySettings, tmp_path: Path) -> Path:
    """Where this server's CA certificate is looked for."""
    settings.DATA_DIR = tmp_path
    path = tmp_path / "pki" / "ca.pem"
    path.parent.mkdir()
    return path
