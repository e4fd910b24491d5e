"""A simulated device: registers when it has no credential, connects, publishes, comes back.

It does what firmware does and no more: once it has a credential it never registers anew by itself,
so a device that was cut off keeps trying with the one it has, as a real one would.
"""

import enum
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from mqtt.simulator.events import (
    Event,
    Report,
    Step,
    why_connection_failed,
    why_registration_failed,
)
from mqtt.simulator.firmware import Credential, Firmware, TokenCredential, connection_login
from mqtt.simulator.mqtt_client import (
    Link,
    LinkError,
    LostError,
    Message,
    RefusedError,
    Server,
)
from mqtt.simulator.registering import register
from mqtt.simulator.store import CredentialStore, StoreError

ACKNOWLEDGE_SECONDS = 10.0
# Pauses between attempts double from the first to the last. A connection that held for STEADY
# seconds starts them over, so that two clones do not kick each other as fast as they can.
FIRST_PAUSE_SECONDS = 2.0
LAST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0
_TICK_SECONDS = 0.2
_NOTIFY_TOPIC = "/ext/notify"


class Ending(enum.Enum):
    """How an attempt to be online ended."""

    DONE = enum.auto()
    TRY_AGAIN = enum.auto()
    GIVE_UP = enum.auto()


@dataclass(frozen=True, slots=True)
class Habits:
    """`fresh` registers although a credential is saved; `keep` saves what comes of registering."""

    interval: float = 5.0
    fresh: bool = False
    keep: bool = True


class SimulatedDevice:
    """Lives in the thread that calls `run`, until `stop` is set."""

    def __init__(
        self,
        firmware: Firmware,
        server: Server,
        store: CredentialStore,
        report: Report,
        stop: threading.Event,
        habits: Habits,
    ) -> None:
        self.firmware = firmware
        self._server = server
        self._store = store
        self._report = report
        self._stop = stop
        self._habits = habits
        self._credential: Credential | None = None
        self._messages = 0

    def run(self) -> Ending:
        """Stay online, through refusals and lost connections, until told to stop."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            began = time.monotonic()
            ending = self._attempt(self._stay)
            if ending is not Ending.TRY_AGAIN or self._stop.is_set():
                break
            if time.monotonic() - began > STEADY_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            self._tell(Step.WAITING, f"Trying again in {pause:.0f} s.")
            if self._stop.wait(pause):
                break
            pause = min(pause * 2, LAST_PAUSE_SECONDS)
        self._tell(Step.STOPPED, "Stopped.")
        return Ending.GIVE_UP if ending is Ending.GIVE_UP else Ending.DONE

    def run_once(self) -> Ending:
        """Register if need be, connect, publish one message, hang up."""
        return self._attempt(self._publish_and_leave)

    def _attempt(self, live: Callable[[Link], None]) -> Ending:
        try:
            credential = self._credential or self._obtain()
            self._connect(credential, live)
        except StoreError as error:
            self._tell(Step.FAILED, str(error))
            return Ending.GIVE_UP
        except RefusedError as error:
            self._tell_refused(error.connack)
        except LinkError as error:
            if not self._stop.is_set():
                self._tell(Step.DISCONNECTED, f"No connection: {error}.")
        else:
            return Ending.DONE
        return Ending.TRY_AGAIN

    def _tell_refused(self, connack: int) -> None:
        if self._credential is None:
            self._tell(Step.REFUSED, why_registration_failed(connack))
        else:
            self._tell(Step.FORBIDDEN, why_connection_failed(connack))

    def _obtain(self) -> Credential:
        """The saved credential, or a new one from the server."""
        saved = None if self._habits.fresh else self._store.load(self.firmware)
        if saved is not None:
            self._credential = saved
            return saved
        self._tell(Step.REGISTERING, f"Registering (authType={self.firmware.mode.value}) …")
        self._credential = register(self.firmware, self._server, self._stop.is_set)
        if self._habits.keep:
            self._store.save(self.firmware, self._credential)
        self._tell(Step.REGISTERED, f"Registered: received {self._describe(self._credential)}.")
        return self._credential

    def _connect(self, credential: Credential, live: Callable[[Link], None]) -> None:
        link = Link(self._server, connection_login(self.firmware, credential))
        try:
            link.open()
            place = f"{self._server.host}:{self._server.port}"
            self._tell(Step.CONNECTED, f"Connected to {place} with {self._describe(credential)}.")
            prefix = self.firmware.topic_prefix
            link.subscribe(f"/{prefix}/user/get", f"/sys/{prefix}/thing/service/property/set")
            live(link)
        finally:
            link.close()

    def _stay(self, link: Link) -> None:
        next_message = time.monotonic()
        while not self._stop.is_set():
            if time.monotonic() >= next_message:
                next_message = time.monotonic() + self._habits.interval
                self._publish(link)
            self._poll(link)

    def _publish_and_leave(self, link: Link) -> None:
        packet_id = self._publish(link)
        deadline = time.monotonic() + ACKNOWLEDGE_SECONDS
        while not link.acknowledged(packet_id):
            if time.monotonic() > deadline:
                raise LostError("the server did not acknowledge the message")
            self._poll(link)

    def _poll(self, link: Link) -> None:
        try:
            link.poll(_TICK_SECONDS)
        finally:  # the notice that precedes a kick arrives with the end of the connection
            for message in link.take():
                self._receive(message)

    def _publish(self, link: Link) -> int:
        """Post a property the way Link SDK firmware does (protocol.md 6)."""
        self._messages += 1
        brightness = 40 + self._messages % 20
        payload = {
            "id": str(self._messages),
            "version": "1.0",
            "params": {"Brightness": brightness},
            "method": "thing.event.property.post",
        }
        topic = f"/sys/{self.firmware.topic_prefix}/thing/event/property/post"
        packet_id = link.publish(topic, json.dumps(payload))
        self._tell(Step.PUBLISHED, f"Published message {self._messages}: Brightness={brightness}.")
        return packet_id

    def _receive(self, message: Message) -> None:
        text = message.payload.decode(errors="replace")
        if message.topic == _NOTIFY_TOPIC:
            self._tell(Step.KICKED, f"The server is closing this connection: {text}")
        else:
            self._tell(Step.RECEIVED, f"Received on {message.topic}: {text}")

    def _describe(self, credential: Credential) -> str:
        if isinstance(credential, TokenCredential):
            return f"ClientID {credential.client_id} and its DeviceToken"
        return "the DeviceSecret"

    def _tell(self, step: Step, words: str) -> None:
        client_id = getattr(self._credential, "client_id", "")
        self._report(Event(self.firmware.device_name, step, words, client_id))
