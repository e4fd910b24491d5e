"""Dynamic registration over real sockets: what is pushed, and what is not."""

import json

import pytest

from devices.models import ClientBinding
from protocol import mqtt
from protocol.client_id import RegistrationMode
from tests.clients.connects import registration_connect
from tests.clients.running import RunningListener
from tests.factories import make_device, make_product

pytestmark = pytest.mark.django_db(transaction=True)
REGISTER = RegistrationMode.REGISTER


def test_a_preregistered_device_is_pushed_its_secret_byte_for_byte(
    listener: RunningListener,
) -> None:
    device = make_device(make_product(), "lamp-0001")
    client = listener.client()
    client.send(registration_connect(device.product, "lamp-0001", REGISTER))
    assert client.connack() == 0
    push = client.push()
    payload = (
        f'{{"deviceSecret":"{device.device_secret}",'
        f'"productKey":"{device.product.product_key}","deviceName":"lamp-0001"}}'
    )
    assert push == mqtt.Publish("/ext/register", payload.encode())
    assert client.read == mqtt.connack(0) + mqtt.publish("/ext/register", payload.encode())


def test_a_preregistration_free_device_is_pushed_client_id_and_token_byte_for_byte(
    listener: RunningListener,
) -> None:
    product = make_product()
    client = listener.client()
    client.send(registration_connect(product, "sim-898604"))
    assert client.connack() == 0
    push = client.push()
    told = json.loads(push.payload)
    binding = ClientBinding.objects.get()
    assert binding.client_id == told["clientId"]
    payload = (
        f'{{"clientId":"{told["clientId"]}","productKey":"{product.product_key}",'
        f'"deviceName":"sim-898604","deviceToken":"{told["deviceToken"]}"}}'
    )
    assert push == mqtt.Publish("/ext/regnwl", payload.encode())
