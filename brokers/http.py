"""The HTTP API of a broker, in JSON."""

import http.client
import json
import ssl
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

TIMEOUT_SECONDS = 5
_LARGEST = 1 << 20
_GONE = 404


class BrokerError(Exception):
    """The broker did not do it. The text names neither a credential nor a device."""


class Api:
    """One connection to `url`, such as http://broker:15672, for a few requests in a row."""

    def __init__(self, url: str, user: str, password: str) -> None:
        parts = urlsplit(url)
        self._path = parts.path.rstrip("/")
        token = b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}", "Accept": "application/json"}
        host = parts.hostname or ""
        self._connection = (
            http.client.HTTPSConnection(
                host, parts.port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
            )
            if parts.scheme == "https"
            else http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT_SECONDS)
        )

    def get(self, path: str) -> Any:
        """None for what is not there. Raises BrokerError."""
        return self._ask("GET", path, {})

    def delete(self, path: str, headers: Mapping[str, str] | None = None) -> None:
        """Also of what is not there. Raises BrokerError."""
        self._ask("DELETE", path, headers or {})

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, headers: Mapping[str, str]) -> Any:
        try:
            self._connection.request(
                method, self._path + path, headers={**self._headers, **headers}
            )
            answer = self._connection.getresponse()
            body = answer.read(_LARGEST)
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise BrokerError(f"{method} failed: {type(error).__name__}") from error
        if answer.status == _GONE:
            return None
        if not 200 <= answer.status < 300:
            self._connection.close()
            raise BrokerError(f"{method} was answered with status {answer.status}")
        return _json(body) if method == "GET" else None


def quoted(text: str) -> str:
    """As one place of a path."""
    return quote(text, safe="")


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BrokerError("the answer is no JSON") from error
