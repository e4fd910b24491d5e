"""Limits count failures: they bound what an attack costs and keep nobody out who is genuine."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest

from devices.models import ClientBinding
from logs.models import LogEntry
from products.models import Product
from protocol import mqtt
from protocol.client_id import RegistrationMode
from tests.clients.connects import registration_connect, signed_connect
from tests.clients.hostile import SOURCES
from tests.clients.mqtt import MqttClient
from tests.clients.process import StartProcess
from tests.clients.running import RunningListener, StartListener, eventually
from tests.factories import make_device, make_product

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 50
LET_IN, REFUSED = mqtt.connack(0), mqtt.connack(mqtt.CONNACK_CREDENTIALS)


async def _answers(port: int, connects: Sequence[bytes]) -> list[bytes]:
    """The CONNACKs to all of them, so many at once from one address, in no order."""
    waiting, answers = iter(connects), list[bytes]()

    async def work() -> None:
        for connect in waiting:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(connect)
            answers.append(await reader.readexactly(4))
            writer.transport.abort()

    async with asyncio.timeout(120):
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return answers


def line_of_units(product: Product, units: int, failing: int) -> Iterator[bytes]:
    """So many that register once; beside every third one that fails: a typo, a clone that tries
    again and again, and one that was never added."""
    activated = registration_connect(product, "lamp-used", RegistrationMode.REGISTER)
    for number in range(units):
        yield registration_connect(product, f"sim-{number:05}")
        if number < 3 * failing and number % 3 == 0:
            yield [
                registration_connect(product, f"sim-{number:05}", secret=f"typo {number}"),
                activated,
                registration_connect(product, f"none-{number:05}", RegistrationMode.REGISTER),
            ][number // 3 % 3]


@pytest.mark.parametrize(
    ("workers", "units", "failing", "limits"),
    [(1, 3000, 750, {}), (2, 600, 200, {"FAILURES_PER_ADDRESS": "50"})],
    ids=["default limits", "two workers"],
)
def test_a_factory_activates_behind_one_address_while_units_beside_it_fail(
    start: StartProcess, workers: int, units: int, failing: int, limits: dict[str, str]
) -> None:
    product = make_product()
    used = make_device(product, "lamp-used")
    environment = {"MQTT_BEHIND_TLS_PROXY": "true", **limits}
    process = start(f"--workers={workers}", environment=environment).ready()
    with process.client() as first:
        first.send(signed_connect(used))
        assert first.connack() == 0
    connects = list(line_of_units(product, units, failing))
    answers = Counter(asyncio.run(_answers(process.plain_port, connects)))
    assert answers == {LET_IN: units, REFUSED: failing}
    assert ClientBinding.objects.count() == units
    # It did go over the limit.
    over = LogEntry.objects.filter(reason="too_many_failures", address="127.0.0.1")
    assert eventually(over.exists)


def attempt(listener: RunningListener, source: str, connect: bytes) -> int:
    with MqttClient(listener.plain_port, source=source) as client:
        client.send(connect)
        return client.connack()


@pytest.fixture
def behind_proxy(start_listener: StartListener) -> RunningListener:
    return start_listener(
        MQTT_BEHIND_TLS_PROXY=True,
        FAILURES_PER_ADDRESS=10,
        FAILURES_PER_PRODUCT=20,
        FAILURES_PER_DEVICE=5,
    )


def test_a_product_attacked_from_many_addresses_still_registers_devices(
    behind_proxy: RunningListener,
) -> None:
    product = make_product()
    for number, source in enumerate(SOURCES):
        wrong = registration_connect(product, f"sim-{number:05}", secret="wrong")
        assert attempt(behind_proxy, source, wrong) == 4
    # From an address that has not failed, and from one that has.
    for source in ("127.0.4.1", SOURCES[0]):
        good = registration_connect(product, f"lamp-{source}")
        assert attempt(behind_proxy, source, good) == 0


def test_a_device_whose_name_is_attacked_still_gets_in(behind_proxy: RunningListener) -> None:
    device = make_device(make_product(), "lamp-0001")
    for number in range(4):
        for source in SOURCES[:5]:
            wrong = signed_connect(device, secret=f"guess {number}")
            assert attempt(behind_proxy, source, wrong) == 5
            wrong = registration_connect(
                device.product, "lamp-0001", RegistrationMode.REGISTER, secret=f"guess {number}"
            )
            assert attempt(behind_proxy, source, wrong) == 4
    for source in ("127.0.4.1", SOURCES[0]):
        request = registration_connect(device.product, "lamp-0001", RegistrationMode.REGISTER)
        assert attempt(behind_proxy, source, request) == 0
    assert attempt(behind_proxy, SOURCES[0], signed_connect(device)) == 0


def test_over_a_limit_units_that_came_too_early_get_in_when_the_switch_is_turned_on(
    behind_proxy: RunningListener,
) -> None:
    """They send the same bytes again, which were well signed."""
    product = make_product(open_registration=False)
    units = [registration_connect(product, f"sim-{number:05}") for number in range(15)]
    assert [attempt(behind_proxy, "127.0.4.1", unit) for unit in units] == [4] * 15
    assert eventually(LogEntry.objects.filter(reason="too_many_failures").exists)
    Product.objects.update(dynamic_registration=True)
    assert [attempt(behind_proxy, "127.0.4.1", unit) for unit in units] == [0] * 15
