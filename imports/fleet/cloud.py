"""Asking the cloud's own API (2018-01-20), for reading only, with the owner's AccessKey."""

import hashlib
import http.client
import ipaddress
import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from django.utils.translation import gettext as _

from common.errors import OperationError
from imports.fleet.resume_file import Journal
from protocol import rpc
from protocol.rpc_signing import canonical_query

VERSION = "2018-01-20"
TIMEOUT_SECONDS = 30
# The documented limits (console_api.md 3.6), less a fifth: other programs may ask as well.
_PER_SECOND = {"QueryClientIds": 8.0}
_OTHERS_PER_SECOND = 40.0
_TRIES = 8
_LONGEST_PAUSE = 30.0
_TRY_AGAIN = ("Throttling", "ServiceUnavailable", "InternalError")
_EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Credentials:
    """`security_token` is that of temporary credentials (STS), else empty."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the API answers; without TLS only on this machine, for answers hold secrets."""

    host: str
    port: int
    tls: bool = True

    @classmethod
    def parse(cls, text: str) -> "Endpoint":
        """`iot.cn-shanghai.aliyuncs.com`, `host:8443`, `https://host`, `http://127.0.0.1:8000`."""
        try:
            parts = urlsplit(text if "://" in text else f"https://{text}")
            host, port = parts.hostname or "", parts.port
        except ValueError:
            host, port = "", None
            parts = urlsplit("")
        tls = parts.scheme == "https"
        if not host or parts.scheme not in {"http", "https"} or not (tls or _is_here(host)):
            raise OperationError(
                _("The endpoint must be a host name, with a port if it is not 443."),
                field="endpoint",
            )
        return cls(host, port or (443 if tls else 80), tls)

    @property
    def name(self) -> str:
        """As the header Host has it."""
        usual = 443 if self.tls else 80
        return self.host if self.port == usual else f"{self.host}:{self.port}"


class CloudError(OperationError):
    """The cloud refused; `code` is its own."""

    def __init__(self, action: str, code: str) -> None:
        text = _("The cloud refused %(action)s: %(code)s.") % {"action": action, "code": code}
        super().__init__(text)
        self.code = code


class Cloud:
    """One connection, kept while it lasts. `ask` looks into the journal before it goes out."""

    def __init__(
        self,
        endpoint: Endpoint,
        credentials: Credentials,
        journal: Journal,
        *,
        instance_id: str = "",
        tls: ssl.SSLContext | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._endpoint, self._credentials, self._journal = endpoint, credentials, journal
        self._instance_id, self._sleep = instance_id, sleep
        self._tls = tls or (ssl.create_default_context() if endpoint.tls else None)
        self._connection: http.client.HTTPConnection | None = None
        self._free_at: dict[str, float] = {}

    def ask(self, action: str, **parameters: str | int) -> Any:
        """The answer, tried again while the cloud is busy. Raises CloudError or OperationError."""
        asked = {name: str(value) for name, value in parameters.items() if value != ""}
        question = f"{action}?{canonical_query(asked.items())}"
        answer = self._journal.get(question)
        if answer is None:
            answer = self._insist(action, asked)
            self._journal.note(question, answer)
        return answer

    def close(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None

    def _insist(self, action: str, asked: Mapping[str, str]) -> Any:
        for tries in range(_TRIES):
            self._wait_for_turn(action)
            try:
                return self._once(action, asked)
            except CloudError as error:
                if not error.code.startswith(_TRY_AGAIN) or tries == _TRIES - 1:
                    raise
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if isinstance(error, ssl.SSLCertVerificationError) or tries == _TRIES - 1:
                    raise _unreachable(self._endpoint, error) from error
            self._sleep(min(_LONGEST_PAUSE, 2.0**tries))
        raise AssertionError("the last try returns or raises")

    def _wait_for_turn(self, action: str) -> None:
        now = time.monotonic()
        wait = self._free_at.get(action, now) - now
        if wait > 0:
            self._sleep(wait)
        per_second = _PER_SECOND.get(action, _OTHERS_PER_SECOND)
        self._free_at[action] = max(now, self._free_at.get(action, now)) + 1 / per_second

    def _once(self, action: str, asked: Mapping[str, str]) -> Any:
        fields = dict(asked)
        if self._instance_id:
            fields["IotInstanceId"] = self._instance_id
        query = canonical_query(fields.items())
        connection = self._connected()
        connection.request("POST", f"/?{query}", headers=self._headers(action, fields))
        response = connection.getresponse()
        return _read(action, response.status, response.read())

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            where = self._endpoint.host, self._endpoint.port
            if self._tls:
                self._connection = http.client.HTTPSConnection(
                    *where, timeout=TIMEOUT_SECONDS, context=self._tls
                )
            else:
                self._connection = http.client.HTTPConnection(*where, timeout=TIMEOUT_SECONDS)
        return self._connection

    def _headers(self, action: str, fields: Mapping[str, str]) -> dict[str, str]:
        signed = {
            "accept": "application/json",
            "host": self._endpoint.name,
            "x-acs-action": action,
            "x-acs-content-sha256": _EMPTY_SHA256,
            "x-acs-date": rpc.timestamp(datetime.now(UTC)),
            "x-acs-signature-nonce": uuid4().hex,
            "x-acs-version": VERSION,
        }
        if self._credentials.security_token:
            signed["x-acs-security-token"] = self._credentials.security_token
        ordered = sorted(signed.items())
        to_sign = rpc.v3_string_to_sign("POST", "/", fields.items(), ordered, _EMPTY_SHA256)
        signature = rpc.sign_v3(to_sign, self._credentials.access_key_secret)
        names = ";".join(name for name, _ in ordered)
        key = self._credentials.access_key_id
        authorization = (
            f"{rpc.V3_ALGORITHM} Credential={key},SignedHeaders={names},Signature={signature}"
        )
        return {**signed, "content-length": "0", "authorization": authorization}


def _read(action: str, status: int, body: bytes) -> Any:
    """The answer of an action that succeeded; raises CloudError with the code of one that did not.

    Never the text of the answer: it may repeat what was signed.
    """
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        # A proxy's page, say.
        raise CloudError(action, "ServiceUnavailable" if status >= 500 else f"HTTP {status}")
    if status >= 300 or str(answer.get("Success", True)).casefold() != "true":
        raise CloudError(action, str(answer.get("Code") or f"HTTP {status}")[:80])
    return answer


def _unreachable(endpoint: Endpoint, error: Exception) -> OperationError:
    text = _("%(host)s cannot be reached: %(reason)s.")
    reason = getattr(error, "strerror", None) or type(error).__name__
    return OperationError(text % {"host": endpoint.name, "reason": reason}, field="endpoint")


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
