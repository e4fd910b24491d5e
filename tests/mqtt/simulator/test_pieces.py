"""Small parts of the simulator that need no server."""

import json

import pytest

from mqtt.simulator.events import why_connection_failed, why_registration_failed
from mqtt.simulator.firmware import SecretCredential, TokenCredential
from mqtt.simulator.fleet import device_names
from mqtt.simulator.mqtt_client import LostError, Message
from mqtt.simulator.registering import read_push
from protocol.client_id import RegistrationMode


def push(**fields: str) -> Message:
    return Message("/ext/anything", json.dumps(fields).encode())


def test_the_push_of_preregistration_is_a_secret() -> None:
    received = read_push(RegistrationMode.REGISTER, push(deviceSecret="0f48", productKey="pk"))
    assert received == SecretCredential("0f48")


def test_the_push_of_preregistration_free_is_a_client_id_and_a_token() -> None:
    received = read_push(RegistrationMode.REGNWL, push(clientId="K19u", deviceToken="token"))
    assert received == TokenCredential("K19u", "token")


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b'"text"', b"\xff", b"null"])
@pytest.mark.parametrize("mode", RegistrationMode)
def test_any_other_push_is_no_credential(mode: RegistrationMode, payload: bytes) -> None:
    with pytest.raises(LostError):
        read_push(mode, Message("/ext/register", payload))


@pytest.mark.parametrize("connack", range(2, 6))
def test_every_refusal_is_told_with_its_code_and_where_to_look(connack: int) -> None:
    words = why_connection_failed(connack)
    assert words.startswith(f"CONNACK {connack}: ")
    assert "Log Service" in words


def test_a_refused_registration_names_what_the_code_may_mean() -> None:
    assert "Dynamic Registration off" in why_registration_failed(4)
    assert "TLS" in why_registration_failed(2)


def test_an_undefined_code_is_told_too() -> None:
    assert "CONNACK 77" in why_registration_failed(77)


def test_one_device_keeps_the_name_and_several_are_numbered() -> None:
    assert device_names("lamp", 1) == ["lamp"]
    assert device_names("lamp", 3) == ["lamp-1", "lamp-2", "lamp-3"]
