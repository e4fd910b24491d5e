"""Dynamic registration as firmware does it: connect, read the push, hang up (protocol.md 1)."""

import json
import time
from collections.abc import Callable

from mqtt.simulator.firmware import (
    Credential,
    Firmware,
    SecretCredential,
    TokenCredential,
    registration_login,
)
from mqtt.simulator.mqtt_client import Link, LostError, Message, Server
from protocol.validators import RegistrationMode

# The server sends the credential together with its CONNACK; the C Link SDK waits 5 s.
PUSH_SECONDS = 10.0
_TICK_SECONDS = 0.2
_PUSH_TOPICS = {
    RegistrationMode.REGISTER: "/ext/register",
    RegistrationMode.REGNWL: "/ext/regnwl",
}


def register(firmware: Firmware, server: Server, stopped: Callable[[], bool]) -> Credential:
    """Register and return the credential. Raises LinkError; RefusedError carries the CONNACK."""
    link = Link(server, registration_login(firmware))
    try:
        link.open()
        deadline = time.monotonic() + PUSH_SECONDS
        while time.monotonic() < deadline and not stopped():
            link.poll(_TICK_SECONDS)
            for message in link.take():
                if message.topic == _PUSH_TOPICS[firmware.mode]:
                    return read_push(firmware.mode, message)
        raise LostError("the server accepted the registration but sent no credential")
    finally:
        link.close()


def read_push(mode: RegistrationMode, message: Message) -> Credential:
    """The credential in a push; raises LostError when there is none in it."""
    try:
        pushed = json.loads(message.payload)
        if mode is RegistrationMode.REGISTER:
            return SecretCredential(pushed["deviceSecret"])
        return TokenCredential(pushed["clientId"], pushed["deviceToken"])
    except (ValueError, KeyError, TypeError) as error:
        raise LostError("the server sent something other than a credential") from error
