"""The listener as a whole: built, started and stopped."""

import asyncio
import itertools
import logging
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from common.net.acceptor import Acceptor, Connect, listening_socket
from common.net.connection_limits import Slot, Slots
from common.net.handshake_queue import HandshakeQueue
from common.net.peers import Peers, until
from common.ops.error_log import describe
from common.ops.ratelimit import FailureLimits
from devices.operations.sessions import last_revocation_id
from mqtt.listener.admission import Gate
from mqtt.listener.backlog import Backlog
from mqtt.listener.batcher import Batcher
from mqtt.listener.connection import Connection
from mqtt.listener.context import Hub
from mqtt.listener.db_thread import DatabaseThread
from mqtt.listener.liveness import Presence
from mqtt.listener.periodic import Rounds
from mqtt.listener.proxy_protocol import ProxiedConnection, Proxies
from mqtt.listener.refusal_examiner import Examiner
from mqtt.listener.revocations import Revocations
from mqtt.listener.router import Router
from mqtt.listener.sessions import Sessions

logger = logging.getLogger(__name__)

# Seconds for the steps of a graceful stop, together below ten.
_TO_DECIDE, _TO_CLOSE, _TO_WRITE, _TO_LEAVE = 1.5, 2.5, 3.0, 2.5


class PortError(Exception):
    """A port cannot be listened on; the text names the setting."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to listen. `setting` names the port in messages.

    With `tls` it is secure, and with `behind_tls`, when only a proxy that ends TLS can reach it.
    With `proxies`, networks, it takes only connections from there that begin with a PROXY header.
    """

    host: str
    port: int
    setting: str
    tls: ssl.SSLContext | None = None
    behind_tls: bool = False
    proxies: Sequence[str] | None = None


class Listener:
    """Open it, `stop` it, both on the same event loop."""

    def __init__(
        self, hub: Hub, ports: "Sequence[_Port]", rounds: Rounds, presence: Presence
    ) -> None:
        self.hub = hub
        self.rounds = rounds
        self._ports = ports
        self._presence = presence

    @classmethod
    async def open(
        cls,
        endpoints: Sequence[Endpoint],
        directory: Path,
        *,
        shared_ports: bool = False,
        refresh: Callable[[], None] = lambda: None,
    ) -> "Listener":
        """Serve on all endpoints. `directory` holds the lock files of this host's listeners.

        Raises PortError before anything else is touched, OSError where no lock file can be made, or
        the database's error.
        """
        ports = _bind(endpoints, shared=shared_ports)
        presence, keeper = Presence(uuid4(), directory), DatabaseThread("housekeeping")
        try:
            await keeper.call(presence.announce)
            hub = _hub(presence, await keeper.call(last_revocation_id))
        except BaseException:
            _close(ports)
            keeper.close()
            presence.release()
            raise
        listener = cls(hub, ports, Rounds(hub, presence, keeper, refresh), presence)
        listener._serve()
        return listener

    @property
    def ports(self) -> list[int]:
        """The ports listened on, in the order of the endpoints."""
        return [port.acceptor.port for port in self._ports]

    def _serve(self) -> None:
        self.hub.batcher.start()
        self.rounds.start()
        for port in self._ports:
            port.acceptor.start(self.hub.peers, port.connect(self.hub))

    async def stop(self) -> None:
        """Accept no more, answer whom we owe an answer, end all sessions; in ten seconds."""
        _close(self._ports)
        hub, peers = self.hub, self.hub.peers
        await until(self._owes_nobody(), _TO_DECIDE)
        for opening in list(peers.opening):
            opening.abort()
        hub.stopping = True
        hub.examiner.stop()
        for connection in list(peers.connections):
            connection.stop()
        await until(lambda: not peers.connections, _TO_CLOSE)
        if not await hub.batcher.stop(_TO_WRITE):
            logger.error("the database did not take everything in %g seconds", _TO_WRITE)
        try:
            await self.rounds.leave(_TO_LEAVE)
        except Exception as error:
            logger.error("sessions are left to be ended at the next start: %s", describe(error))
        await self.rounds.stop()
        self._presence.release()

    def _owes_nobody(self) -> Callable[[], bool]:
        """A device may be through with its handshake before we are, and what it has sent may be
        yet to be read; so nobody must have been owed anything three times in a row."""
        peers, quiet = self.hub.peers, itertools.count(1)

        def owes_nobody() -> bool:
            nonlocal quiet
            if peers.opening or any(one.deciding for one in peers.connections):
                quiet = itertools.count(1)
                return False
            return next(quiet) == 3

        return owes_nobody


@dataclass(frozen=True, slots=True)
class _Port:
    """An endpoint that is listened on. `secure` and `proxies` are those of its connections."""

    acceptor: Acceptor
    secure: bool
    proxies: Proxies | None

    def connect(self, hub: Hub) -> Connect:
        def connection(slot: Slot, address: str | None) -> Connection:
            if self.proxies is None:
                return Connection(hub, slot, address, secure=self.secure)
            return ProxiedConnection(hub, slot, self.proxies, secure=self.secure)

        return connection


def _bind(endpoints: Sequence[Endpoint], *, shared: bool) -> list[_Port]:
    """Before anything else: a second listener started by mistake must not touch the data."""
    ports: list[_Port] = []
    for endpoint in endpoints:
        try:
            listening = listening_socket(endpoint.host, endpoint.port, shared=shared)
        except OSError as error:
            _close(ports)
            raise PortError(
                f"Cannot listen on {endpoint.host} port {endpoint.port}: {error.strerror}. "
                f"Stop what listens there, or choose another port with {endpoint.setting}."
            ) from error
        proxies = None if endpoint.proxies is None else Proxies(endpoint.proxies)
        acceptor = Acceptor(listening, endpoint.tls, admits=proxies.admit if proxies else None)
        secure = endpoint.behind_tls or endpoint.tls is not None
        ports.append(_Port(acceptor, secure, proxies))
    return ports


def _close(ports: Sequence[_Port]) -> None:
    for port in ports:
        port.acceptor.close()


def _hub(presence: Presence, last_revocation: int) -> Hub:
    loop = asyncio.get_running_loop()
    sessions = Sessions()
    batcher = Batcher(loop)
    examiner = Examiner(batcher.record)
    return Hub(
        listener=presence.listener,
        batcher=batcher,
        examiner=examiner,
        gate=Gate(presence.listener, FailureLimits.from_settings(), examiner.record),
        peers=Peers(loop.time, Slots.from_settings(), HandshakeQueue(loop)),
        backlog=Backlog(loop),
        sessions=sessions,
        router=Router(sessions),
        revocations=Revocations(sessions, last_revocation),
    )
