"""The Python Link SDK without authType, unmodified: registers over HTTPS, goes on over MQTT."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.device_state import state_of, with_state
from devices.models import Device
from logs.models import LogEntry
from products.models import Product
from tests.factories import make_device, make_product
from tests.polling import eventually
from tests.processes import HttpsServer, Listener, running_https_server
from tests.sdk.conftest import NewDevice
from tests.sdk.python_sdk import LinkkitDevice

NAME = "LightSwitch"


@pytest.fixture
def https_server(process_environment: dict[str, str], tmp_path: Path) -> Iterator[HttpsServer]:
    with running_https_server(process_environment, tmp_path) as running:
        yield running
        assert "Traceback" not in running.process.output


def started(
    listener: Listener, https_server: HttpsServer, device: LinkkitDevice, product: Product
) -> LinkkitDevice:
    device.start(
        listener,
        https_port=https_server.port,
        product_key=product.product_key,
        device_name=NAME,
        product_secret=product.product_secret,
    )
    return device


def test_it_gets_its_secret_over_https_and_connects_with_it_over_mqtt(
    listener: Listener, https_server: HttpsServer, new_device: NewDevice
) -> None:
    stored = make_device(make_product(), NAME)
    device = started(listener, https_server, new_device(), stored.product)
    registered = device.expect("registered")
    assert (registered["rc"], registered["device_secret"]) == (0, stored.device_secret)
    assert device.expect("connected")["rc"] == 0
    assert state_of(with_state(Device.objects.all()).get()).name == "ONLINE"
    assert LogEntry.objects.get(operation="register").detail["transport"] == "HTTPS"


def test_refused_it_is_told_the_message(
    listener: Listener, https_server: HttpsServer, new_device: NewDevice
) -> None:
    device = started(listener, https_server, new_device(), make_product())
    registered = device.expect("registered")
    assert (registered["rc"], registered["device_secret"]) == (1, "device not found")
    eventually(LogEntry.objects.filter(reason="device_not_found").exists)
