"""The unmodified API client of the cloud as a test sees it: a call in, an answer out."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from operators.models import AccessKey
from tests.sdk.driver import start

_DRIVER = Path(__file__).with_name("cloud_calls.py")


class Refused(Exception):  # noqa: N818 - what the client raises
    """By the gateway."""

    def __init__(self, code: str, message: str, status: int) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.status = status


class CloudSdk:
    """The client's process, for as many calls as are wanted; close it."""

    def __init__(self, python: Path, log: Path) -> None:
        self._log = log
        self._process, self._calls, self._answers = start(python, _DRIVER, log)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._calls.close()
        self._answers.close()

    def ask(self, **order: Any) -> dict[str, Any]:
        self._calls.write(json.dumps(order) + "\n")
        self._calls.flush()
        line = self._answers.readline()
        assert line, f"the client ended; it said:\n{self._log.read_text()}"
        answer: dict[str, Any] = json.loads(line)
        return answer


@dataclass
class BackEnd:
    """One that signs with `key`, in the older way if `v1`."""

    sdk: CloudSdk
    endpoint: str
    key: AccessKey
    v1: bool
    ca: Path | None = None

    def call(self, action: str, **request: Any) -> dict[str, Any]:
        """The body as the client's typed models keep it: all that came. Raises Refused."""
        answer = self.sdk.ask(
            endpoint=self.endpoint,
            access_key_id=self.key.access_key_id,
            access_key_secret=self.key.secret,
            v1=self.v1,
            ca=str(self.ca) if self.ca else None,
            action=action,
            request=request,
        )
        if "error" in answer:
            raise Refused(answer["error"], answer["message"], answer["status"])
        typed: dict[str, Any] = answer["typed"]
        assert typed == answer["raw"], "the client's models lose what came"
        return typed

    def ok(self, action: str, **request: Any) -> dict[str, Any]:
        """The body of an action that succeeded, without what every answer has."""
        body = self.call(action, **request)
        assert body.pop("Success") is True, body
        assert body.pop("RequestId")
        return body

    def failure(self, action: str, **request: Any) -> str:
        """The Code of an action that did not succeed, which the client hands over as an answer."""
        body = self.call(action, **request)
        assert body["Success"] is False, body
        assert body["ErrorMessage"]
        return str(body["Code"])
