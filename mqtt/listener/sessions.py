"""The sessions of this process: by device, of which each has at most one."""

from collections.abc import Iterator
from typing import Protocol

from logs.reasons import Reason
from mqtt.listener.session import Session


class Online(Protocol):
    """A connection as the registry and the revocations see it."""

    @property
    def session(self) -> Session: ...

    def cut(self, reason: Reason) -> None:
        """Close it and record its end. `reason` is a key of logs.reasons.REASONS."""


class Sessions:
    def __init__(self) -> None:
        self._by_device: dict[int, Online] = {}
        self._by_name: dict[tuple[str, str], Online] = {}

    def __len__(self) -> int:
        return len(self._by_device)

    def __iter__(self) -> Iterator[Online]:
        """A snapshot, because cutting one changes the registry."""
        return iter(list(self._by_device.values()))

    def admit(self, online: Online) -> None:
        """Put a session in its device's place and cut the older one, if any."""
        who = online.session.identity
        older = self._by_device.get(who.device_id)
        self._by_device[who.device_id] = online
        self._by_name[who.name] = online
        if older is not None and older is not online:
            older.cut(Reason.TAKEOVER)

    def forget(self, online: Online) -> None:
        """Take a session out, unless a newer one has its place."""
        who = online.session.identity
        if self._by_device.get(who.device_id) is online:
            del self._by_device[who.device_id]
        if self._by_name.get(who.name) is online:
            del self._by_name[who.name]

    def of_device(self, device_id: int) -> Online | None:
        return self._by_device.get(device_id)

    def named(self, product_key: str, device_name: str) -> Online | None:
        return self._by_name.get((product_key, device_name))
