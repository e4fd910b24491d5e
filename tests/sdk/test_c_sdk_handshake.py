"""The bytes of the C Link SDK v4: TLS 1.2, RSA key exchange, CBC, and its CONNECT to the letter.

The SDK itself is not built here; what it sends and expects was captured from it (vectors.json,
ids c4-…, and protocol.md 4.1). Encoding and reading are done by hand, so that no code under test
has a part in them.
"""

import hashlib
import hmac
import json
import socket
import ssl
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from devices.models import ClientBinding, Device
from tests.factories import make_device, make_product
from tests.processes import Listener

NAME = "LightSwitch"
RANDOM = "1873220885"
KEEPALIVE = 1200
CONNECT_FLAGS = 0xC2  # username, password, clean session
# What the SDK's mbedTLS offers, in its order of preference.
C_SDK_SUITES = ["AES256-SHA256", "AES128-SHA256", "AES256-SHA", "AES128-SHA"]


@contextmanager
def c_sdk_connection(listener: Listener, suite: str) -> Iterator[ssl.SSLSocket]:
    """TLS as the C SDK makes it, and no better."""
    context = ssl.create_default_context(cafile=str(listener.ca_file))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(suite)
    raw = socket.create_connection(("127.0.0.1", listener.mqtts_port), timeout=15)
    with context.wrap_socket(raw, server_hostname="localhost") as connection:
        yield connection


def sign(key: str, content: str) -> str:
    """The C SDK signs in upper-case hex."""
    return hmac.new(key.encode(), content.encode(), hashlib.sha256).hexdigest().upper()


def text(value: str) -> bytes:
    return struct.pack("!H", len(value)) + value.encode()


def remaining_length(size: int) -> bytes:
    """One byte below 128, two below 16384: more is not needed here."""
    return bytes([size]) if size < 128 else bytes([size % 128 | 0x80, size // 128])


def connect_packet(client_id: str, username: str, password: str) -> bytes:
    head = text("MQTT") + struct.pack("!BBH", 4, CONNECT_FLAGS, KEEPALIVE)
    body = head + text(client_id) + text(username) + text(password)
    return b"\x10" + remaining_length(len(body)) + body


def registration_packet(product_key: str, product_secret: str, mode: str) -> bytes:
    client_id = (
        f"{NAME}.{product_key}|random={RANDOM},authType={mode},securemode=2,signmethod=hmacsha256|"
    )
    content = f"deviceName{NAME}productKey{product_key}random{RANDOM}"
    return connect_packet(client_id, f"{NAME}&{product_key}", sign(product_secret, content))


def receive(connection: ssl.SSLSocket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        part = connection.recv(size - len(received))
        assert part, f"the server hung up after {received!r}"
        received += part
    return received


def publish_packet(topic: str, payload: str) -> bytes:
    """QoS 0, as the platform pushes."""
    body = text(topic) + payload.encode()
    return b"\x30" + remaining_length(len(body)) + body


CONNACK_ACCEPTED = b"\x20\x02\x00\x00"


def test_preregistered_it_gets_its_secret_byte_for_byte_with_each_of_its_suites(
    listener: Listener,
) -> None:
    product = make_product()
    secret = make_device(product, NAME).device_secret
    expected = CONNACK_ACCEPTED + publish_packet(
        "/ext/register",
        f'{{"deviceSecret":"{secret}","productKey":"{product.product_key}","deviceName":"{NAME}"}}',
    )
    for suite in C_SDK_SUITES:
        with c_sdk_connection(listener, suite) as connection:
            cipher = connection.cipher()
            assert cipher is not None
            assert cipher[0] == suite
            connection.sendall(
                registration_packet(product.product_key, product.product_secret, "register")
            )
            assert receive(connection, len(expected)) == expected


def test_preregistration_free_it_gets_a_client_id_and_a_token_in_compact_json(
    listener: Listener,
) -> None:
    product = make_product()
    with c_sdk_connection(listener, C_SDK_SUITES[0]) as connection:
        connection.sendall(
            registration_packet(product.product_key, product.product_secret, "regnwl")
        )
        assert receive(connection, 4) == CONNACK_ACCEPTED
        head = receive(connection, 3)
        body = receive(connection, (head[1] & 0x7F) + 128 * head[2])
    payload = body.removeprefix(text("/ext/regnwl")).decode()
    pushed = json.loads(payload)
    binding = ClientBinding.objects.get()
    assert payload == (
        f'{{"clientId":"{binding.client_id}","productKey":"{product.product_key}",'
        f'"deviceName":"{NAME}","deviceToken":"{pushed["deviceToken"]}"}}'
    )
    # Beyond these the SDK's demo cuts off what it stores.
    assert len(pushed["clientId"]) <= 69
    assert len(pushed["deviceToken"]) <= 63


def test_it_connects_with_its_secret_and_its_first_ping_is_answered(listener: Listener) -> None:
    device = make_device(make_product(), NAME)
    product_key = device.product.product_key
    base = f"{product_key}.{NAME}"
    client_id = (
        f"{base}|timestamp=2524608000000,_ss=1,_v=sdk-c-4.2.0,securemode=2,"
        "signmethod=hmacsha256,ext=3,_conn=tls_2b|"
    )
    content = f"clientId{base}deviceName{NAME}productKey{product_key}timestamp2524608000000"
    with c_sdk_connection(listener, C_SDK_SUITES[0]) as connection:
        connection.sendall(
            connect_packet(client_id, f"{NAME}&{product_key}", sign(device.device_secret, content))
        )
        assert receive(connection, 4) == CONNACK_ACCEPTED
        connection.sendall(b"\xc0\x00")  # the SDK pings right after its CONNACK
        assert receive(connection, 2) == b"\xd0\x00"
        assert Device.objects.get().activated_at is not None


def test_a_wrong_signature_is_answered_with_connack_4(listener: Listener) -> None:
    product = make_product()
    make_device(product, NAME)
    with c_sdk_connection(listener, C_SDK_SUITES[0]) as connection:
        connection.sendall(registration_packet(product.product_key, "h1nQFYPZS0mWabcd", "register"))
        assert receive(connection, 4) == b"\x20\x02\x00\x04"
        assert connection.recv(1) == b""
