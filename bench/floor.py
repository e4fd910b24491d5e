"""The floor: asyncio accepts, reads a CONNECT's worth of bytes and answers a constant.

Nothing of ours runs here but the TLS context, so the difference to the listener is what parsing,
checking, the database and its commit cost.
"""

import asyncio
import sys
from pathlib import Path

from devices.protocol import mqtt
from registration.pki import server_context

ANSWER = mqtt.connack(mqtt.CONNACK_ACCEPTED)
BACKLOG = 4096


class _Accept(asyncio.Protocol):
    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(ANSWER)


async def _serve(pki: Path, tls_port: int, plain_port: int) -> None:
    loop = asyncio.get_running_loop()
    context = server_context(pki, "compat")
    tls = await loop.create_server(
        _Accept, "127.0.0.1", tls_port, ssl=context, backlog=BACKLOG, ssl_handshake_timeout=10
    )
    plain = await loop.create_server(_Accept, "127.0.0.1", plain_port, backlog=BACKLOG)
    async with tls, plain:
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
