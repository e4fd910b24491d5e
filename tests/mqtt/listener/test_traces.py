"""One trace id tells the story of a credential: registered, connected, kicked."""

from dataclasses import replace

import pytest
from django.utils import timezone

from devices.models import Session
from devices.operations.manage import clear, set_enabled
from devices.operations.sessions import bury_listener
from logs.models import LogEntry
from logs.trace_ids import trace_of
from operators.actor import SHELL
from protocol.client_id import RegistrationMode
from tests.clients.connects import registration_connect, token_connect
from tests.clients.running import RunningListener, eventually
from tests.factories import (
    LISTENER,
    connect_by_secret,
    connect_by_token,
    connect_now,
    issued_client_id,
    issued_secret,
    make_device,
    make_product,
    register_now,
    registration,
    signed_connection,
)

pytestmark = pytest.mark.django_db(transaction=True)


def story(trace_id: str) -> list[tuple[str, str]]:
    entries = LogEntry.objects.filter(trace_id=trace_id).order_by("id")
    return [(entry.operation, entry.reason) for entry in entries]


def test_a_client_ids_trace_leads_from_registration_to_the_kick(listener: RunningListener) -> None:
    product = make_product()
    listener.attempt(registration_connect(product, "lamp-0001"))
    one = issued_client_id(product, "lamp-0001")
    listener.online(token_connect(product, "lamp-0001", one))
    listener.online(token_connect(product, "lamp-0001", issued_client_id(product, "lamp-0001")))
    wanted = [("regnwl", "ok"), ("online", "activated"), ("offline", "takeover")]
    assert eventually(lambda: story(trace_of(one.client_id)) == wanted)


def test_a_device_secrets_trace_begins_with_the_device() -> None:
    device = make_device(make_product(), "lamp-0001")
    issued_secret(device.product, "lamp-0001")
    connect_by_secret(device)
    set_enabled(SHELL, device.product.product_key, "lamp-0001", enabled=False)
    connect_by_secret(device)
    assert story(trace_of(device.iot_id)) == [
        ("add", "ok"),
        ("register", "ok"),
        ("online", "activated"),
        ("disable", "ok"),
        ("online", "device_disabled"),
    ]


def test_a_dead_client_id_that_proves_itself_continues_its_trace() -> None:
    product = make_product()
    issued = issued_client_id(product, "lamp-0001")
    clear(SHELL, product.product_key, "lamp-0001")
    connect_by_token(product, "lamp-0001", issued)
    assert story(trace_of(issued.client_id))[-1] == ("online", "client_id_void")


def test_the_sessions_of_a_lost_listener_end_in_their_traces() -> None:
    product = make_product()
    issued = issued_client_id(product, "lamp-0001")
    connect_by_token(product, "lamp-0001", issued)
    device = make_device(product, "lamp-0002")
    connect_by_secret(device)
    bury_listener(LISTENER, timezone.now())
    for trace in (trace_of(issued.client_id), trace_of(device.iot_id)):
        assert story(trace)[-1] == ("offline", "server_lost")


def test_what_proves_nothing_enters_no_story() -> None:
    device = make_device(make_product(), "lamp-0001")
    wrong = signed_connection(device.product.product_key, "lamp-0001", "wrong")
    register = RegistrationMode.REGISTER
    unsigned = registration(device.product, "lamp-0001", register, key="wrong")
    connect_now(wrong)
    register_now(unsigned)
    assert story(trace_of(device.iot_id)) == [("add", "ok")]
    assert story(wrong.trace_id) == [("online", "bad_credential")]
    assert story(unsigned.trace_id) == [("register", "bad_signature")]


def test_each_line_names_the_connection_it_happened_on() -> None:
    device = make_device(make_product(), "lamp-0001")
    first = signed_connection(device.product.product_key, "lamp-0001", device.device_secret)
    second = replace(first, trace_id="second")
    connect_now(first)
    connect_now(second)
    lines = LogEntry.objects.filter(operation="online").order_by("id")
    assert [line.connection_id for line in lines] == [first.trace_id, "second"]
    assert Session.objects.get().trace_id == "second"
