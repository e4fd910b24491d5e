"""Good clients while others attack: devices over MQTT and HTTPS, and people at the console."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlencode

from bench.attacks.good import Visitors
from bench.scenarios import new_product, signed_connections
from devices.models import Device
from products.models import Product
from protocol import mqtt, signing
from protocol.signing import SignMethod

# How many come in a second, by name.
RATES: Mapping[str, float] = {"MQTT connect": 40, "HTTPS registration": 10, "sign-in page": 5}


def write_visitors(file: Path, ports: Mapping[str, int], seconds: float) -> Product:
    """Write who comes, to the `mqtts`, `https` and `http` ports. Returns the devices' product."""
    product = new_product()
    visitors = {
        "MQTT connect": _connects(product, ports["mqtts"], seconds),
        "HTTPS registration": _registrations(product, ports["https"]),
        "sign-in page": _pages(ports["http"]),
    }
    file.write_text(json.dumps({name: asdict(one) for name, one in visitors.items()}))
    return product


def _connects(product: Product, port: int, seconds: float) -> Visitors:
    rate = RATES["MQTT connect"]
    connects = [talk.request.hex() for talk in signed_connections(product, int(rate * seconds))]
    accepted = mqtt.connack(mqtt.CONNACK_ACCEPTED)
    return Visitors(
        port, True, rate, connects, accepted.hex(), "", mqtt.DISCONNECT.hex(), len(accepted)
    )


def _registrations(product: Product, port: int) -> Visitors:
    devices = [Device(product=product, device_name=f"https-{number:04}") for number in range(50)]
    requests = [_registration(product, one).hex() for one in Device.objects.bulk_create(devices)]
    return _http(port, True, "HTTPS registration", requests, b'"code":200')


def _registration(product: Product, device: Device) -> bytes:
    name, key, secret = device.device_name, product.product_key, product.product_secret
    content = signing.registration_content(name, key, "7")
    fields = {
        "productKey": key,
        "deviceName": name,
        "random": "7",
        "sign": signing.sign(SignMethod.HMACSHA256, secret, content),
        "signMethod": "hmacsha256",
    }
    body = urlencode(fields).encode()
    head = (
        "POST /auth/register/device HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _pages(port: int) -> Visitors:
    request = b"GET /sign-in/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
    return _http(port, False, "sign-in page", [request.hex()], b"<!doctype html>")


def _http(port: int, tls: bool, name: str, requests: list[str], contains: bytes) -> Visitors:
    ok = b"HTTP/1.1 200 OK\r\n".hex()
    return Visitors(port, tls, RATES[name], requests, ok, contains.hex(), "", 0)
