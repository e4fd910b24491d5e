"""Listening sockets: every connection gets a slot before it may cost anything, TLS included."""

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import Any

from common.net.connection_limits import Slot
from common.net.peers import Peers
from common.net.tcp_transport import PlainTransport
from common.net.tls_transport import TlsTransport
from common.ops.throttle import Throttle
from common.text.addresses import plain_address

logger = logging.getLogger(__name__)

BACKLOG = 4096
# Accepted at one go, before others on the loop have their turn.
_AT_ONCE = 16
# Seconds to wait when the process has no descriptors left.
_PAUSE = 0.5
_EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


def listening_socket(host: str, port: int, *, shared: bool) -> socket.socket:
    """Raises OSError. `shared`: other processes of ours listen on the same port."""
    family, _, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    dual = family == socket.AF_INET6 and address[0] == "::" and socket.has_dualstack_ipv6()
    listening = socket.create_server(
        address[:2],
        family=family,
        backlog=BACKLOG,
        reuse_port=shared,
        dualstack_ipv6=dual,
    )
    listening.setblocking(False)
    # Accepted sockets inherit it. asyncio sets it only where the socket names its protocol, and
    # without it a CONNACK waits 40 ms for the client to acknowledge its TLS session tickets.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


# Makes the protocol of a connection, given its slot and where it comes from.
Connect = Callable[[Slot, str | None], asyncio.Protocol]


class Acceptor:
    """Accepts on one socket, over TLS where it has a context. With `admits` only from the addresses
    that admits, which are proxies: each connection has to say itself where it comes from."""

    _peers: Peers[Any]
    _connect: Connect

    def __init__(
        self,
        listening: socket.socket,
        tls: ssl.SSLContext | None,
        *,
        admits: Callable[[str | None], bool] | None = None,
    ) -> None:
        self._socket = listening
        self._tls = tls
        self._admits = admits
        self._loop = asyncio.get_running_loop()
        self._opening: set[TlsTransport] = set()
        self._resume: asyncio.TimerHandle | None = None
        self._turned_away = 0
        self._warnings = Throttle()

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def start(self, peers: Peers[Any], connect: Connect) -> None:
        self._peers = peers
        self._connect = connect
        self._listen()

    def _listen(self) -> None:
        self._resume = None
        self._loop.add_reader(self._socket, self._accept)

    def close(self) -> None:
        """Accept no more. Handshakes that have begun go on; silent peers are dropped."""
        if self._resume is not None:
            self._resume.cancel()
        self._loop.remove_reader(self._socket)
        self._socket.close()
        for opening in [one for one in self._opening if not one.spoken]:
            opening.abort()

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                accepted, peer = self._socket.accept()
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                if error.errno in _EXHAUSTED:
                    self._rest(error)
                    return
                continue  # the peer has gone already
            self._welcome(accepted, address_of(peer))

    def _rest(self, error: OSError) -> None:
        """The socket stays readable, so without a pause the loop would spin."""
        if self._warnings.take():
            logger.warning("port %d: cannot accept: %s", self.port, error.strerror)
        self._loop.remove_reader(self._socket)
        self._resume = self._loop.call_later(_PAUSE, self._listen)

    def _welcome(self, accepted: socket.socket, address: str | None) -> None:
        if self._admits is not None and not self._admits(address):
            accepted.close()
            return
        slots = self._peers.slots
        slot = slots.take(address) if self._admits is None else slots.take_unnamed()
        if slot is None:
            self._turn_away(accepted)
            return
        self._peers.accepted += 1
        self._open(accepted, slot, address)

    def _turn_away(self, accepted: socket.socket) -> None:
        accepted.close()
        self._turned_away += 1
        self._peers.turned_away += 1
        if self._warnings.take():
            logger.warning(
                "port %d: all places taken, %d turned away so far", self.port, self._turned_away
            )

    def _open(self, accepted: socket.socket, slot: Slot, address: str | None) -> None:
        protocol = self._connect(slot, address)
        if self._tls is None:
            slot.give_up = PlainTransport(self._loop, accepted, protocol).abort
            return
        asks = partial(self._peers.shake_hands, slot)
        opening = TlsTransport(self._loop, accepted, protocol, self._tls, asks, self._opened)
        slot.give_up = opening.abort
        self._opening.add(opening)
        self._peers.opening.add(opening)

    def _opened(self, opening: TlsTransport) -> None:
        self._opening.discard(opening)
        self._peers.opening.discard(opening)
        if not opening.through:
            self._peers.unopened += 1


def address_of(peer: Any) -> str | None:
    """Nobody's, where the peer has gone already."""
    if not isinstance(peer, tuple) or not peer:
        return None
    host = str(peer[0])
    # Of a socket for IPv4 it is one, and written as it should be.
    return plain_address(host) if ":" in host else host
