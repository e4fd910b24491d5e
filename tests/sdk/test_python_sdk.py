"""The Python Link SDK from PyPI, unmodified: host, port and CA are all it is told."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from devices.device_state import state_of, with_state
from devices.models import ClientBinding, Device, DeviceState
from devices.operations import manage
from logs.models import LogEntry
from operators.actor import SHELL
from products.models import Product
from registration.certificate_names import certificate_names
from registration.pki import ensure_certificates
from tests.factories import make_device, make_product
from tests.polling import eventually
from tests.processes import Listener
from tests.sdk.conftest import NewDevice
from tests.sdk.python_sdk import Happening, LinkkitDevice

NAME = "LightSwitch"


@dataclass
class Bench:
    """A listener and one product whose Dynamic Registration is on."""

    listener: Listener
    product: Product
    new_device: NewDevice

    def register(self, mode: str) -> Happening:
        device = self.new_device()
        device.start(
            self.listener,
            product_key=self.product.product_key,
            device_name=NAME,
            product_secret=self.product.product_secret,
            auth_type=mode,
        )
        return device.expect("registered")

    def connect(self, **credential: str) -> LinkkitDevice:
        device = self.new_device()
        device.start(
            self.listener,
            product_key=self.product.product_key,
            device_name=NAME,
            **credential,
        )
        assert device.expect("connected")["rc"] == 0
        return device

    def connect_with_token(self, registered: Happening) -> LinkkitDevice:
        names = ("client_id", "username", "password")
        return self.connect(**{name: registered[name] for name in names})


@pytest.fixture
def bench(listener: Listener, new_device: NewDevice) -> Iterator[Bench]:
    yield Bench(listener, make_product(), new_device)
    assert "Traceback" not in listener.process.output


def state() -> DeviceState:
    return state_of(with_state(Device.objects.all()).get())


def exchange_messages(product: Product, device: LinkkitDevice) -> None:
    """Subscribe to a topic of one's own, publish on it with QoS 0 and 1, receive both."""
    topic = f"/{product.product_key}/{NAME}/user/echo"
    device.order("subscribe", topic=topic)
    assert device.expect("subscribed")["granted"] == [1]
    for qos in (0, 1):
        payload = json.dumps({"qos": qos})
        device.order("publish", topic=topic, payload=payload, qos=qos)
        message = device.expect("message")
        assert (message["topic"], message["payload"], message["qos"]) == (topic, payload, qos)
    device.order("post_property", params={"Brightness": 50})
    assert device.expect("posted_property") == {
        "event": "posted_property",
        "rc": 0,
        "acknowledged": True,
    }


def test_preregistered_it_gets_its_secret_connects_with_it_and_exchanges_messages(
    bench: Bench,
) -> None:
    stored = make_device(bench.product, NAME)
    registered = bench.register("register")
    assert (registered["rc"], registered["device_secret"]) == (0, stored.device_secret)
    assert state() == DeviceState.INACTIVE
    device = bench.connect(device_secret=registered["device_secret"])
    assert state() == DeviceState.ONLINE
    exchange_messages(bench.product, device)
    device.order("disconnect")
    eventually(lambda: state() == DeviceState.OFFLINE)
    bench.connect(device_secret=registered["device_secret"])
    assert state() == DeviceState.ONLINE


def test_preregistration_free_it_gets_a_token_connects_with_it_and_exchanges_messages(
    bench: Bench,
) -> None:
    registered = bench.register("regnwl")
    assert registered["rc"] == 0
    assert state() == DeviceState.INACTIVE
    device = bench.connect_with_token(registered)
    assert state() == DeviceState.ONLINE
    exchange_messages(bench.product, device)
    device.order("disconnect")
    eventually(lambda: state() == DeviceState.OFFLINE)
    bench.connect_with_token(registered)
    assert state() == DeviceState.ONLINE


def test_a_clone_is_cut_off_by_switch_and_its_next_attempts_are_refused(bench: Bench) -> None:
    genuine = bench.register("regnwl")
    clone = bench.register("regnwl")
    device = bench.connect_with_token(clone)
    bound = ClientBinding.objects.order_by("issued_at")
    kept, forbidden = bound.values_list("client_id", flat=True)
    manage.switch(SHELL, bench.product.product_key, NAME, kept)
    device.expect("disconnected")
    refused = LogEntry.objects.filter(reason="client_id_void", client_id=forbidden)
    eventually(refused.exists)
    bench.connect_with_token(genuine)
    assert state() == DeviceState.ONLINE


@pytest.mark.parametrize(("mode", "failed"), [("register", -769), ("regnwl", -770)])
def test_with_the_switch_off_it_is_told_that_registration_failed(
    bench: Bench, mode: str, failed: int
) -> None:
    Product.objects.update(dynamic_registration=False)
    make_device(bench.product, NAME)
    assert bench.register(mode)["rc"] == failed
    assert LogEntry.objects.latest("pk").reason == "dynamic_registration_off"


def test_with_another_ca_it_does_not_connect(
    bench: Bench, tmp_path_factory: pytest.TempPathFactory
) -> None:
    make_device(bench.product, NAME)
    strangers = ensure_certificates(
        tmp_path_factory.mktemp("pki"), certificate_names("localhost", ())
    )
    device = bench.new_device()
    device.order(
        "start",
        host="localhost",
        port=bench.listener.mqtts_port,
        ca=strangers.ca.read_text(),
        product_key=bench.product.product_key,
        device_name=NAME,
        device_secret=Device.objects.get().device_secret,
    )
    assert device.expect("connected")["rc"] == 9  # the SDK's own number: no connection
    assert not LogEntry.objects.filter(operation="online").exists()
