"""The stories of a device, told by a real MQTT client (paho-mqtt) over TLS."""

import json
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from devices.models import ClientBinding, Session
from protocol import signing
from protocol.signing import SignMethod
from tests.clients.mqtt import PATIENCE
from tests.clients.running import RunningListener, eventually
from tests.factories import make_device, make_product

pytestmark = pytest.mark.django_db(transaction=True)
METHOD = SignMethod.HMACSHA1


class PahoDevice:
    """paho with its callbacks turned into queues."""

    def __init__(self, client_id: str, protocol: MQTTProtocolVersion = paho.MQTTv311) -> None:
        self.client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=protocol
        )
        self.codes: queue.Queue[int] = queue.Queue()
        self.messages: queue.Queue[paho.MQTTMessage] = queue.Queue()
        self.granted: queue.Queue[list[int]] = queue.Queue()
        self.client.on_connect = self._connected
        self.client.on_message = lambda _client, _data, message: self.messages.put(message)
        self.client.on_subscribe = self._subscribed

    def _connected(self, _client: Any, _data: Any, _flags: Any, code: Any, _props: Any) -> None:
        self.codes.put(code.value)

    def _subscribed(self, _client: Any, _data: Any, _mid: int, codes: Any, _props: Any) -> None:
        self.granted.put([code.value for code in codes])


@contextmanager
def connected(
    listener: RunningListener, device: PahoDevice, username: str, password: str
) -> Iterator[PahoDevice]:
    device.client.username_pw_set(username, password)
    device.client.tls_set_context(listener.client_tls)
    device.client.connect("127.0.0.1", listener.port, keepalive=60)
    device.client.loop_start()
    try:
        assert device.codes.get(timeout=PATIENCE) == 0
        yield device
    finally:
        device.client.disconnect()
        device.client.loop_stop()


@pytest.mark.parametrize("protocol", [paho.MQTTv31, paho.MQTTv311])
def test_a_device_registers_connects_and_exchanges_messages(
    listener: RunningListener, protocol: MQTTProtocolVersion
) -> None:
    device = make_device(make_product(), "lamp-0001")
    key, username = device.product.product_key, f"lamp-0001&{device.product.product_key}"

    content = signing.registration_content("lamp-0001", key, "abc")
    asking = PahoDevice(
        f"{key}.lamp-0001|securemode=2,authType=register,random=abc,signmethod=hmacsha1|", protocol
    )
    password = signing.sign(METHOD, device.product.product_secret, content)
    with connected(listener, asking, username, password):
        push = asking.messages.get(timeout=PATIENCE)
    assert push.topic == "/ext/register"
    secret = json.loads(push.payload)["deviceSecret"]
    assert not Session.objects.exists()

    base = f"{key}&lamp-0001"
    content = signing.connection_content(base, "lamp-0001", key, "1700000000")
    online = PahoDevice(
        f"{base}|securemode=2,signmethod=hmacsha1,lan=Python,timestamp=1700000000|", protocol
    )
    with connected(listener, online, username, signing.sign(METHOD, secret, content)):
        topic = f"/{key}/lamp-0001/user/get"
        online.client.subscribe([(topic, 1), ("/somebody/else/user/get", 1)])
        assert online.granted.get(timeout=PATIENCE) == [1, 0x80]
        online.client.publish(topic, b"hello", qos=1).wait_for_publish(PATIENCE)
        message = online.messages.get(timeout=PATIENCE)
        assert (message.topic, message.payload, message.qos) == (topic, b"hello", 1)
        assert Session.objects.filter(ended_at=None).count() == 1
    assert eventually(lambda: not Session.objects.filter(ended_at=None).exists())


def test_a_preregistration_free_device_connects_with_what_it_was_pushed(
    listener: RunningListener,
) -> None:
    product = make_product()
    key, username = product.product_key, f"sim-898604&{product.product_key}"
    content = signing.registration_content("sim-898604", key, "abc")
    asking = PahoDevice("x|securemode=-2,authType=regnwl,random=abc,signmethod=hmacsha1|")
    password = signing.sign(METHOD, product.product_secret, content)
    with connected(listener, asking, username, password):
        push = asking.messages.get(timeout=PATIENCE)
    assert push.topic == "/ext/regnwl"
    told = json.loads(push.payload)
    online = PahoDevice(f"{told['clientId']}|securemode=-2,authType=connwl|")
    with connected(listener, online, username, told["deviceToken"]):
        assert Session.objects.get().client_id == told["clientId"]
    assert ClientBinding.objects.get().first_connected_at is not None
