"""The wire vectors: real CONNECTs and signatures of real SDKs, and how the tests feed them."""

import json
from pathlib import Path
from typing import Any, TypedDict

from protocol import mqtt

_DATA = json.loads((Path(__file__).parent / "vectors.json").read_text())

PRODUCT_SECRET: str = _DATA["identities"]["productSecret"]
DEVICE_SECRET: str = _DATA["identities"]["deviceSecret"]


class ConnectFields(TypedDict):
    clientId: str
    username: str
    password: str


VECTORS: list[dict[str, Any]] = _DATA["vectors"]
NEGATIVES: list[dict[str, Any]] = _DATA["negative"]
SIGNED = [vector for vector in VECTORS if "hex" in vector]
CONNECTS = [vector for vector in VECTORS if "connect" in vector]
PUSHES = [vector for vector in VECTORS if "expected_push" in vector]
FORMS = [vector for vector in VECTORS if "request" in vector]
# The Node SDK announces hmacsha256 and signs with HMAC-SHA1 (protocol.md 2.1).
MISLABELLED = {"node-mislabelled-sha256", "node-https-mislabelled"}


def name(vector: dict[str, Any]) -> str:
    return str(vector["id"])


def encoded(fields: ConnectFields, protocol_level: int = mqtt.LEVEL_311) -> bytes:
    return mqtt.connect(
        fields["clientId"],
        fields["username"],
        fields["password"],
        protocol_level=protocol_level,
    )


def fed_whole(data: bytes, decoder: mqtt.Decoder | None = None) -> list[mqtt.Packet]:
    return (decoder or mqtt.Decoder()).feed(data)


def fed_bytewise(data: bytes, decoder: mqtt.Decoder | None = None) -> list[mqtt.Packet]:
    decoder = decoder or mqtt.Decoder()
    return [packet for byte in data for packet in decoder.feed(bytes((byte,)))]


def connected(*, server_side: bool = True, limit: int = mqtt.LIMIT_AUTHENTICATED) -> mqtt.Decoder:
    """A decoder that has seen its CONNECT (or CONNACK)."""
    decoder = mqtt.Decoder(limit, server_side=server_side)
    decoder.feed(mqtt.connect("c") if server_side else mqtt.connack(0))
    return decoder
