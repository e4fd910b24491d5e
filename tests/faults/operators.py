"""An operator's back end: acts on devices through the console's RPC API, over HTTP."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.utils import timezone

from protocol import rpc
from tests.faults.history import NEVER, Act, Deed, History, Name, Outcome

_PATIENCE = 20.0
_ACTIONS = {
    Act.CLEAR: "DeleteClientIds",
    Act.SWITCH: "TransformClientId",
    Act.RESET: "ResetThing",
    Act.DISABLE: "DisableThing",
    Act.ENABLE: "EnableThing",
    Act.DELETE: "DeleteDevice",
}


class UnansweredError(Exception):
    """Nobody knows whether it was done."""


class RefusedError(Exception):
    """It was not done."""


@dataclass(frozen=True, slots=True)
class Operator:
    port: int
    access_key_id: str
    secret: str = field(repr=False)

    def act(self, history: History, act: Act, name: Name, kept: str = "") -> Deed:
        """Do it and write it down."""
        began = monotonic()
        outcome, ended = Outcome.OK, NEVER
        try:
            device = {"ProductKey": name[0], "DeviceName": name[1]}
            if act in (Act.CLEAR, Act.SWITCH):
                device = {"IotId": self._iot_id(device)}
                began = monotonic()
            self.call(_ACTIONS[act], {**device, **({"ClientId": kept} if kept else {})})
        except RefusedError:
            outcome = Outcome.REFUSED
        except UnansweredError:
            outcome = Outcome.UNKNOWN
        else:
            ended = monotonic()
        deed = Deed(act, name, began, ended, outcome, kept)
        history.deeds.append(deed)
        return deed

    def add(self, name: Name) -> None:
        """A device of that name; whoever acts on it next finds out if this failed."""
        self.call("RegisterDevice", {"ProductKey": name[0], "DeviceName": name[1]})

    def _iot_id(self, device: Mapping[str, str]) -> str:
        """Nothing is done yet, so an answer that is missing is a refusal."""
        try:
            return str(self.call("QueryDeviceInfo", device)["Data"]["IotId"])
        except UnansweredError as error:
            raise RefusedError from error

    def call(self, action: str, fields: Mapping[str, str]) -> dict[str, Any]:
        """Raises UnansweredError or RefusedError."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
        try:
            connection.connect()
        except OSError as error:
            raise RefusedError from error
        try:
            connection.request("GET", f"/?{urlencode(self._signed(action, fields))}")
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise UnansweredError from error
        finally:
            connection.close()
        if response.status >= 500:
            raise UnansweredError
        if response.status != 200 or not answer.get("Success"):
            raise RefusedError(answer.get("Code"))
        return answer

    def _signed(self, action: str, fields: Mapping[str, str]) -> list[tuple[str, str]]:
        pairs = [
            *fields.items(),
            ("Action", action),
            ("Version", "2018-01-20"),
            ("Format", "JSON"),
            ("AccessKeyId", self.access_key_id),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureVersion", "1.0"),
            ("SignatureNonce", uuid4().hex),
            ("Timestamp", rpc.timestamp(timezone.now())),
        ]
        signature = rpc.sign_v1(rpc.v1_string_to_sign("GET", pairs), self.secret)
        return [*pairs, ("Signature", signature)]
