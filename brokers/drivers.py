"""How each broker is told to close connections. engines.md 3.1 and 3.5 name the calls.

`keep` is what the one connection that stays is known by (listeners.connection_of), or empty.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from django.conf import settings

from brokers.http import Api, BrokerError, quoted
from devices.pseudo_listeners import connection_of
from products.broker_topics import EMQX, RABBITMQ


class Driver(Protocol):
    def __call__(self, api: Api, username: str, keep: str, reason: str) -> None:
        """Close the connections of `username`. Raises BrokerError."""


def close_at_rabbitmq(api: Api, username: str, keep: str, reason: str) -> None:
    """By username at once. With `keep` one by one: the list of names is up to date, while whose
    they are is known some seconds late, and until then they are left alone."""
    told = {"X-Reason": reason}
    path = f"/api/connections/username/{quoted(username)}"
    if not keep:
        api.delete(path, told)
        return
    for name in _texts(_records(api.get(path)), "name"):
        one = f"/api/connections/{quoted(name)}"
        details = api.get(one)
        if details is None:
            continue
        properties = details.get("client_properties") if isinstance(details, dict) else None
        for client_id in _texts([properties or {}], "client_id"):
            if connection_of(client_id) != keep:
                api.delete(one, told)


def close_at_emqx(api: Api, username: str, keep: str, reason: str) -> None:
    del reason  # it takes none
    found = api.get(f"/api/v5/clients?limit=100&username={quoted(username)}")
    records = found.get("data") if isinstance(found, dict) else None
    for client_id in _texts(_records(records), "clientid"):
        if not keep or connection_of(client_id) != keep:
            api.delete(f"/api/v5/clients/{quoted(client_id)}")


def _records(answer: Any) -> list[dict[str, Any]]:
    if answer is None:
        return []
    if not isinstance(answer, list) or not all(isinstance(each, dict) for each in answer):
        raise BrokerError("the answer is no list of connections")
    return answer


def _texts(records: list[dict[str, Any]], field: str) -> list[str]:
    return [record[field] for record in records if isinstance(record.get(field), str)]


def _rabbitmq() -> Api:
    return Api(
        settings.RABBITMQ_MANAGEMENT_URL,
        settings.RABBITMQ_MANAGEMENT_USER,
        settings.RABBITMQ_MANAGEMENT_PASSWORD,
    )


def _emqx() -> Api:
    return Api(settings.EMQX_API_URL, settings.EMQX_API_KEY, settings.EMQX_API_SECRET)


_APIS: Mapping[str, Callable[[], Api]] = {RABBITMQ: _rabbitmq, EMQX: _emqx}
_DRIVERS: Mapping[str, Driver] = {RABBITMQ: close_at_rabbitmq, EMQX: close_at_emqx}


def configured() -> list[str]:
    """Brokers whose address is set."""
    urls = {RABBITMQ: settings.RABBITMQ_MANAGEMENT_URL, EMQX: settings.EMQX_API_URL}
    return [broker for broker, url in urls.items() if url]


class Closer:
    """Closes connections at one broker, over one connection of its own."""

    def __init__(self, broker: str) -> None:
        self._driver = _DRIVERS[broker]
        self._api = _APIS[broker]()

    def __enter__(self) -> "Closer":
        return self

    def __exit__(self, *_: object) -> None:
        self._api.close()

    def close(self, username: str, keep: str, reason: str) -> None:
        """Raises BrokerError."""
        self._driver(self._api, username, keep, reason)
