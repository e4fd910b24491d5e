"""The floor: asyncio accepts, reads a CONNECT's worth of bytes and answers a constant.

Nothing of ours runs here but the TLS context, so the difference to the listener is what parsing,
checking, the database and its commit cost.
"""

import asyncio
import multiprocessing
import signal
import socket
import sys
from pathlib import Path

from protocol import mqtt
from registration.pki import server_context

ANSWER = mqtt.connack(mqtt.CONNACK_ACCEPTED)
BACKLOG = 4096


class _Accept(asyncio.Protocol):
    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        # Of what a device sends, DISCONNECT has no answer.
        if data[:1] != mqtt.DISCONNECT[:1]:
            self.transport.write(ANSWER)


async def _serve(pki: Path, tls_port: int, plain_port: int) -> None:
    loop = asyncio.get_running_loop()
    context = server_context(pki, "compat")
    tls = await loop.create_server(
        _Accept, sock=_listening(tls_port), ssl=context, backlog=BACKLOG, ssl_handshake_timeout=10
    )
    plain = await loop.create_server(_Accept, sock=_listening(plain_port), backlog=BACKLOG)
    async with tls, plain:
        await asyncio.Event().wait()


def _listening(port: int) -> socket.socket:
    listening = socket.create_server(("127.0.0.1", port), backlog=BACKLOG, reuse_port=True)
    # As asyncio does with sockets it has made itself; those that are accepted inherit it.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _run(pki: Path, tls_port: int, plain_port: int) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    asyncio.run(_serve(pki, tls_port, plain_port))


def main() -> None:
    """`pki`, port for TLS, plain port, and how many processes share them."""
    place = (Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    workers = int(sys.argv[4])
    if workers == 1:
        _run(*place)
        return
    # Daemons end with their parent, when it ends in Python: hence the exception on SIGTERM.
    processes = [
        multiprocessing.Process(target=_run, args=place, daemon=True) for _ in range(workers)
    ]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    for process in processes:
        process.start()
    for process in processes:
        process.join()


if __name__ == "__main__":
    main()
