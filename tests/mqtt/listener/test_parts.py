"""The listener's smaller parts, each by itself: states, slots, sockets, lines for the log."""

import asyncio
import logging
import socket
from typing import cast

import pytest
from django.db import IntegrityError, transaction

from common.net.acceptor import address_of, listening_socket
from common.net.connection_limits import Slot, Slots
from common.ops.error_log import Outage, describe, log_loop_error
from devices.models import Device
from logs.reasons import REASONS, Reason
from mqtt.listener.connack import connack_of
from mqtt.listener.db_thread import DatabaseThread
from mqtt.listener.session import printable
from mqtt.listener.states import STEPS, State, step
from tests.factories import make_device, make_product

# --- states -------------------------------------------------------------------------------


def test_every_state_has_its_steps_and_all_end_in_lost() -> None:
    assert set(STEPS) == set(State)
    assert all(State.LOST in steps for state, steps in STEPS.items() if state is not State.LOST)
    assert STEPS[State.LOST] == frozenset()


def test_a_step_that_the_table_lacks_is_an_error() -> None:
    assert step(State.CONNECTING, State.DECIDING) is State.DECIDING
    with pytest.raises(ValueError, match="no step from REGISTERED to ONLINE"):
        step(State.REGISTERED, State.ONLINE)


# --- answers ------------------------------------------------------------------------------


def test_every_reason_has_a_code_that_tells_no_more_than_it_may() -> None:
    told = {reason: connack_of(Reason(reason), registration=True) for reason in REASONS}
    assert {reason for reason, code in told.items() if code != 4} == {
        "bad_parameters",
        "unsupported_sign_method",
        "no_tls",
        "server_error",
    }
    assert told["server_error"] == connack_of(Reason.SERVER_ERROR, registration=False) == 3


# --- slots --------------------------------------------------------------------------------


class Places:
    """Slots, and which of those taken were asked to give theirs up."""

    def __init__(self, total: int, unproven: int, unproven_per_address: int) -> None:
        self.slots = Slots(total, unproven, unproven_per_address)
        self.given_up: list[str] = []

    def take(self, name: str, address: str = "192.0.2.1") -> Slot | None:
        slot = self.slots.take(address)
        if slot is not None:
            slot.give_up = lambda: self.given_up.append(name)
        return slot


def test_of_one_address_the_longest_silent_gives_its_place_to_the_newcomer() -> None:
    places = Places(total=10, unproven=5, unproven_per_address=2)
    for name in ("one", "two", "three"):
        assert places.take(name) is not None
    assert places.take("other", "192.0.2.2") is not None
    assert places.given_up == ["one"]
    assert places.slots.taken_unproven == 3


def test_behind_a_proxy_a_place_becomes_its_devices_own_when_the_proxy_tells_the_address() -> None:
    slots = Slots(total=10, unproven=5, unproven_per_address=1)
    first, second, third = (cast("Slot", slots.take_unnamed()) for _ in range(3))
    assert slots.name(first, "192.0.2.1")
    assert slots.name(second, "192.0.2.1")
    assert (first.released, slots.taken_unproven) == (True, 2)
    slots.asked(second)
    assert not slots.name(third, "192.0.2.1")
    assert slots.name(third, "192.0.2.2")
    for slot in (first, second, third):
        slots.release(slot)
    assert (slots.taken, slots.taken_unproven) == (0, 0)
    assert (slots._by_origin, slots._silent, slots._silent_by_origin) == ({}, {}, {})


def test_a_place_given_up_cannot_be_named_any_more() -> None:
    slots = Slots(total=10, unproven=1, unproven_per_address=1)
    first = cast("Slot", slots.take_unnamed())
    assert slots.take_unnamed() is not None
    assert not slots.name(first, "192.0.2.1")
    assert slots.taken_unproven == 1


def test_of_all_together_too() -> None:
    places = Places(total=10, unproven=3, unproven_per_address=3)
    for number in range(5):
        assert places.take(f"number {number}", f"192.0.2.{number}") is not None
    assert places.given_up == ["number 0", "number 1"]
    assert places.slots.taken == 3


def test_whoever_has_asked_or_proven_something_keeps_its_place() -> None:
    places = Places(total=3, unproven=2, unproven_per_address=2)
    proven, asked = places.take("proven"), places.take("asked")
    assert proven is not None
    assert asked is not None
    places.slots.prove(proven)
    places.slots.prove(proven)
    places.slots.asked(asked)
    assert places.take("silent") is not None
    assert places.take("newcomer") is not None
    assert places.given_up == ["silent"]
    newest = places.take("newest")
    assert newest is not None
    places.slots.asked(newest)
    assert places.take("too many") is None
    assert places.given_up == ["silent", "newcomer"]


def test_whoever_has_begun_its_handshake_goes_after_those_who_have_not() -> None:
    """Else, when thousands come at once, work would be done for those alone who have to go."""
    places = Places(total=10, unproven=3, unproven_per_address=3)
    begun = places.take("begun")
    assert begun is not None
    for name in ("second", "third"):
        places.take(name)
    places.slots.begun(begun)
    for name in ("fourth", "fifth", "sixth"):
        places.take(name)
    assert places.given_up == ["second", "third", "begun"]
    places.slots.begun(begun)
    places.take("seventh")
    assert places.given_up[3:] == ["fourth"]


def test_a_slot_is_released_once_however_often_it_is_said() -> None:
    places = Places(total=3, unproven=1, unproven_per_address=1)
    first = places.take("first")
    assert first is not None
    places.take("second")
    places.slots.release(first)
    assert places.slots.taken == 1


def test_released_slots_leave_nothing_behind() -> None:
    slots = Slots(total=5, unproven=5, unproven_per_address=5)
    for _ in range(3):
        taken = [slots.take(f"192.0.2.{number}") for number in range(5)]
        for number, slot in enumerate(taken):
            assert slot is not None
            if number % 2:
                slots.prove(slot)
            slots.release(slot)
    assert (slots.taken, slots.taken_unproven, len(slots._by_origin)) == (0, 0, 0)
    assert not slots._silent
    assert not slots._silent_by_origin


# --- sockets ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        (("192.0.2.1", 5000), "192.0.2.1"),
        (("::ffff:192.0.2.1", 5000, 0, 0), "192.0.2.1"),
        (("2001:db8::1", 5000, 0, 0), "2001:db8::1"),
        (("fe80::1%eth0", 5000, 0, 2), "fe80::1"),
        ("", None),
        (None, None),
    ],
)
def test_the_address_of_a_peer(peer: object, address: str | None) -> None:
    assert address_of(peer) == address


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "::1", "::"])
def test_it_listens_on_names_and_addresses_of_either_family(host: str) -> None:
    listening_socket(host, 0, shared=False).close()


def test_workers_share_a_port_and_others_do_not() -> None:
    with listening_socket("127.0.0.1", 0, shared=True) as first:
        port = first.getsockname()[1]
        listening_socket("127.0.0.1", port, shared=True).close()
        with pytest.raises(OSError, match="in use"):
            listening_socket("127.0.0.1", port, shared=False)


# --- database threads and the log ---------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_database_thread_works_and_raises_where_it_is_called() -> None:
    make_device(make_product())

    async def story() -> tuple[int, str]:
        thread = DatabaseThread("test")
        count = await thread.call(Device.objects.count)
        with pytest.raises(Device.DoesNotExist) as caught:
            await thread.call(Device.objects.get, device_name="nobody")
        assert await thread.call(Device.objects.count) == count
        thread.close()
        thread.join(10)
        return count, type(caught.value).__name__

    assert asyncio.run(story()) == (1, "DoesNotExist")


@pytest.mark.django_db
def test_an_error_is_described_without_its_text() -> None:
    device = make_device(make_product(), "lamp-0001")
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        Device.objects.create(product=device.product, device_name="lamp-0001")
    line = describe(caught.value)
    assert line.startswith("IntegrityError (")
    assert "lamp" not in line
    assert "device_name" not in line


def test_an_outage_is_told_once_and_so_is_its_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    outage = Outage("heartbeat")
    for _ in range(3):
        outage.failed(OSError("secret"))
    for _ in range(3):
        outage.passed()
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]
    assert "secret" not in caplog.text


def test_what_a_device_sent_is_made_printable() -> None:
    assert printable("a\x1b[31m\n/" + "x" * 500) == "a?[31m?/" + "x" * 120


def test_closed_ports_are_free_again() -> None:
    listening = listening_socket("127.0.0.1", 0, shared=False)
    port = listening.getsockname()[1]
    listening.close()
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_what_nobody_caught_is_one_line_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(log_loop_error)
        loop.call_soon(int, "secret")
        loop.call_exception_handler({"message": "socket"})
        await asyncio.sleep(0)

    asyncio.run(story())
    assert len(caplog.records) == 2
    assert "ValueError" in caplog.text
    assert "secret" not in caplog.text
    assert all(record.exc_info is None for record in caplog.records)
