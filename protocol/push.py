"""Messages that the server pushes: the result of a registration, and the kick notice.

The C SDK reads these with a scanner that wants the value right behind `"key":` and knows no
escapes (protocol.md 1.4), so the JSON is compact, in the platform's key order, and a value that
would need escaping is refused here instead of reaching the device as a corrupt secret.
"""

import json
from collections.abc import Mapping
from typing import NamedTuple

REGISTER_TOPIC = "/ext/register"
REGNWL_TOPIC = "/ext/regnwl"
NOTIFY_TOPIC = "/ext/notify"


class Push(NamedTuple):
    """A topic and its payload; unpacks into `mqtt.publish(*push)`."""

    topic: str
    payload: bytes

    def __repr__(self) -> str:
        # The payload holds a secret.
        return f"Push(topic={self.topic!r})"


def push_payload(fields: Mapping[str, str]) -> bytes:
    """Compact JSON in the order given. ValueError names a field the device could not read."""
    for name, value in fields.items():
        if not _is_plain(value):
            raise ValueError(f"{name} must be printable ASCII without quotes and backslashes")
    return json.dumps(dict(fields), separators=(",", ":")).encode()


def register_push(device_secret: str, product_key: str, device_name: str) -> Push:
    """The DeviceSecret, for `authType=register`."""
    fields = {"deviceSecret": device_secret, "productKey": product_key, "deviceName": device_name}
    return Push(REGISTER_TOPIC, push_payload(fields))


def regnwl_push(client_id: str, product_key: str, device_name: str, device_token: str) -> Push:
    """The ClientID and DeviceToken, for `authType=regnwl`."""
    fields = {
        "clientId": client_id,
        "productKey": product_key,
        "deviceName": device_name,
        "deviceToken": device_token,
    }
    return Push(REGNWL_TOPIC, push_payload(fields))


def kick_notice() -> Push:
    """Notice for the older session before it is closed for a newer one (protocol.md 2.4)."""
    fields = {"title": "kick", "content": "Kicked by the same device"}
    return Push(NOTIFY_TOPIC, push_payload(fields))


def _is_plain(value: str) -> bool:
    return value.isascii() and value.isprintable() and '"' not in value and "\\" not in value
