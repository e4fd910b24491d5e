"""Connections from a proxy that says whom it speaks for, in front of everything else."""

import logging
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from common.net.connection_limits import Slot
from common.ops.throttle import Throttle
from mqtt.listener.connection import Connection
from products.networks import in_networks
from protocol.proxy import Header, HeaderReader, ProxyError
from registration.attempts import Origin

if TYPE_CHECKING:
    from mqtt.listener.context import Hub

logger = logging.getLogger(__name__)


class Proxies:
    """Where they may connect from, and complaints about what does not come from one."""

    def __init__(self, networks: Sequence[str]) -> None:
        # Of few addresses come all connections.
        self._near = lru_cache(maxsize=256)(partial(in_networks, " ".join(networks)))
        self._warnings = Throttle()

    def admit(self, address: str | None) -> bool:
        """Whether to listen to it at all."""
        if self._near(address):
            return True
        if self._warnings.take():
            logger.warning(
                "closed a connection from %s, which is not in MQTT_PROXY_NETWORKS", address
            )
        return False

    def complain(self, problem: str) -> None:
        if self._warnings.take():
            logger.warning("closed a connection from a proxy, PROXY header: %s", problem)


class ProxiedConnection(Connection):
    """Its origin is known once the header is there. Until then it is CONNECTING like any other."""

    __slots__ = ("_proxies", "_reader")

    def __init__(self, hub: "Hub", slot: Slot, proxies: Proxies, *, secure: bool) -> None:
        super().__init__(hub, slot, None, secure=secure)
        self._proxies = proxies
        self._reader: HeaderReader | None = HeaderReader()

    def data_received(self, data: bytes) -> None:
        if self._reader is None:
            super().data_received(data)
            return
        try:
            header = self._reader.feed(data)
        except ProxyError as error:
            self._proxies.complain(str(error))
            self.abort()
        else:
            if header is not None:
                self._reader = None
                self._introduced(header)

    def _introduced(self, header: Header) -> None:
        if header.source is None:
            # A health check says nothing more, and wants nothing but that somebody listens.
            if not header.local:
                self._proxies.complain("no internet address")
            self.abort()
        elif self._hub.peers.slots.name(self._slot, header.source):
            self._origin = Origin(header.source, self._origin.secure, self._origin.trace_id)
            if header.rest:
                super().data_received(header.rest)
        else:
            self._hub.peers.turned_away += 1
            self._proxies.complain(f"all places of {header.source} taken")
            self.abort()
