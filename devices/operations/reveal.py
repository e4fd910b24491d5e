"""Showing an operator what a device connects with."""

import json
from dataclasses import dataclass, field

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop

from devices.models import Device
from devices.operations.lookup import locked_device
from operators.actor import Actor
from operators.operations import audit
from protocol import signing

# The platform's constant (console_api.md 1.8): in the year 2050, and checked by nobody.
_TIMESTAMP = "2524608000000"


@dataclass(frozen=True, slots=True)
class ConnectionParameters:
    """The fields of the platform's MQTT Connection Parameters, under its names."""

    client_id: str
    username: str
    password: str = field(repr=False)
    host: str
    port: int

    @property
    def as_json(self) -> str:
        """All of them under the platform's names, for a program or a QR code."""
        fields = {
            "clientId": self.client_id,
            "username": self.username,
            "passwd": self.password,
            "mqttHostUrl": self.host,
            "port": self.port,
        }
        return json.dumps(fields, separators=(",", ":"))


_SECRET = gettext_noop("Viewed the DeviceSecret")
_PARAMETERS = gettext_noop("Viewed the MQTT connection parameters")


def reveal_device_secret(actor: Actor, product_key: str, device_name: str) -> str:
    """The DeviceSecret; that it was looked at is audited before it is returned."""
    return _revealed(actor, product_key, device_name, _SECRET).device_secret


def reveal_connection(actor: Actor, product_key: str, device_name: str) -> ConnectionParameters:
    """Ready-made parameters for any MQTT client, signed with the DeviceSecret; audited."""
    device = _revealed(actor, product_key, device_name, _PARAMETERS)
    return connection_parameters(device)


def connection_parameters(device: Device) -> ConnectionParameters:
    """For whoever has noted in the audit trail that they were looked at."""
    product_key, device_name = device.product.product_key, device.device_name
    base = f"{product_key}.{device_name}"
    content = signing.connection_content(base, device_name, product_key, _TIMESTAMP)
    suffix = f"|securemode=2,signmethod=hmacsha256,timestamp={_TIMESTAMP}|"
    return ConnectionParameters(
        client_id=base + suffix,
        username=f"{device_name}&{product_key}",
        password=signing.sign(signing.SignMethod.HMACSHA256, device.device_secret, content),
        host=settings.PUBLIC_HOST,
        port=settings.MQTTS_PORT,
    )


def _revealed(actor: Actor, product_key: str, device_name: str, summary: str) -> Device:
    with transaction.atomic():
        device = locked_device(product_key, device_name)
        audit.record(actor, "device.reveal", device.target, summary)
    return device
