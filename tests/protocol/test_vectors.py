"""Every recorded CONNECT, signature, form and push of vectors.json, through the whole core."""

from typing import Any
from urllib.parse import parse_qsl

import pytest

from protocol import mqtt, push
from protocol.client_id import (
    ParameterError,
    RegistrationMode,
    RegistrationParams,
    SignatureParams,
    TokenParams,
    parse_connect,
    parse_registration_form,
)
from protocol.signing import SignMethod, sign, verify

from . import wire

KINDS = {
    "mqtt-dynreg-register": RegistrationParams,
    "mqtt-dynreg-regnwl": RegistrationParams,
    "mqtt-connect-unique-cert": SignatureParams,
    "mqtt-connect-preregistration-free": TokenParams,
    "doc-vector": SignatureParams,
    "derived": SignatureParams,
}


def test_the_vectors_are_all_here() -> None:
    assert len(wire.VECTORS) == 30
    assert len(wire.SIGNED) == 28
    assert len(wire.CONNECTS) == 22
    assert len(wire.FORMS) == 4
    assert len(wire.PUSHES) == 7
    assert len(wire.NEGATIVES) == 3


@pytest.mark.parametrize("vector", wire.SIGNED, ids=wire.name)
def test_signature_is_recomputed_and_verified_in_either_case(vector: dict[str, Any]) -> None:
    method, content = SignMethod(vector["method"]), vector["content"].encode()
    assert sign(method, vector["key"], content) == vector["hex"]
    for presented in (vector["hex"].lower(), vector["hex"].upper(), vector["wire_password"]):
        assert verify(method, vector["key"], content, presented.encode())


@pytest.mark.parametrize("level", [mqtt.LEVEL_31, mqtt.LEVEL_311])
@pytest.mark.parametrize("vector", wire.CONNECTS, ids=wire.name)
def test_connect_reads_the_same_whole_and_byte_by_byte(vector: dict[str, Any], level: int) -> None:
    fields = vector["connect"]
    data = wire.encoded(fields, level)
    whole = wire.fed_whole(data)
    assert whole == wire.fed_bytewise(data)
    assert whole == [
        mqtt.Connect(
            level, fields["clientId"], fields["username"], fields["password"].encode(), 60, True
        )
    ]


@pytest.mark.parametrize("vector", wire.CONNECTS, ids=wire.name)
def test_connect_asks_for_what_its_sdk_meant(vector: dict[str, Any]) -> None:
    fields = vector["connect"]
    params = parse_connect(fields["clientId"], fields["username"], fields["password"].encode())
    assert type(params) is KINDS[vector["kind"]]
    assert f"{params.device_name}&{params.product_key}" == fields["username"]
    if isinstance(params, TokenParams):
        assert params.client_id == "K19uYVabcdefghijklmnop000100"
    else:
        assert params.content == vector["content"].encode()
    if isinstance(params, RegistrationParams):
        assert params.mode is RegistrationMode(vector["kind"].removeprefix("mqtt-dynreg-"))


@pytest.mark.parametrize("vector", wire.CONNECTS, ids=wire.name)
def test_password_verifies_under_the_announced_method(vector: dict[str, Any]) -> None:
    fields = vector["connect"]
    params = parse_connect(fields["clientId"], fields["username"])
    password = fields["password"].encode()
    if isinstance(params, TokenParams):
        assert password == b"T" * 32
        return
    for presented in (password.lower(), password.upper()):
        verified = verify(params.sign_method, vector["key"], params.content, presented)
        assert verified is (vector["id"] not in wire.MISLABELLED)


@pytest.mark.parametrize("vector", wire.FORMS, ids=wire.name)
def test_form_asks_for_registration_and_verifies(vector: dict[str, Any]) -> None:
    fields = dict(parse_qsl(vector["request"]["body"]))
    params = parse_registration_form(fields)
    assert params.mode is RegistrationMode.REGISTER
    assert params.content == vector["content"].encode()
    verified = verify(params.sign_method, vector["key"], params.content, fields["sign"].encode())
    assert verified is (vector["id"] not in wire.MISLABELLED)


def connack_for(fields: wire.ConnectFields) -> int:
    """The CONNACK code the server would answer, knowing the product."""
    (packet,) = wire.fed_bytewise(wire.encoded(fields))
    assert isinstance(packet, mqtt.Connect)
    try:
        params = parse_connect(packet.client_id, packet.username, packet.password)
    except ParameterError as error:
        return error.connack
    assert isinstance(params, RegistrationParams)
    presented = packet.password or b""
    verified = verify(params.sign_method, wire.PRODUCT_SECRET, params.content, presented)
    return mqtt.CONNACK_ACCEPTED if verified else mqtt.CONNACK_CREDENTIALS


@pytest.mark.parametrize("vector", wire.NEGATIVES, ids=wire.name)
def test_negative_gives_its_connack(vector: dict[str, Any]) -> None:
    fields: wire.ConnectFields = {
        "clientId": vector["clientId"],
        "username": vector["username"],
        "password": vector["password"],
    }
    assert connack_for(fields) == vector["expect_connack"]


@pytest.mark.parametrize("vector", wire.PUSHES, ids=wire.name)
def test_push_is_byte_exact(vector: dict[str, Any]) -> None:
    fields = vector["connect"]
    params = parse_connect(fields["clientId"], fields["username"])
    assert isinstance(params, RegistrationParams)
    if params.mode is RegistrationMode.REGISTER:
        made = push.register_push(wire.DEVICE_SECRET, params.product_key, params.device_name)
    else:
        client_id = "K19uYVabcdefghijklmnop000100"
        made = push.regnwl_push(client_id, params.product_key, params.device_name, "T" * 32)
    assert made.topic == vector["expected_push"]["topic"]
    assert made.payload == vector["expected_push"]["payload"].encode()
