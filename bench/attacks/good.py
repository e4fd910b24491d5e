"""Good devices as a program: so many a second come, over TLS, and go.

`PORT FILE PER-SECOND SECONDS`. The file holds their CONNECT packets, in hex, one a line. They come
when they are due, however long those before them take, and each must be let in. Prints the seconds
each took, as JSON.
"""

import asyncio
import json
import ssl
import sys
from pathlib import Path

from devices.protocol import mqtt
from tests.clients.hostile import careless_tls

PATIENCE = 30.0
_ACCEPTED = mqtt.connack(mqtt.CONNACK_ACCEPTED)


def main() -> None:
    port, file, per_second, seconds = sys.argv[1:]
    connects = [bytes.fromhex(line) for line in Path(file).read_text().split()]
    print(json.dumps(asyncio.run(_come(int(port), connects, float(per_second), float(seconds)))))


async def _come(port: int, connects: list[bytes], rate: float, seconds: float) -> list[float]:
    loop, tls, tasks = asyncio.get_running_loop(), careless_tls(), []
    started = loop.time()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, started + number / rate - loop.time()))
        due = started + number / rate
        tasks.append(loop.create_task(_one(port, connects[number % len(connects)], tls, due)))
    return list(await asyncio.gather(*tasks))


async def _one(port: int, connect: bytes, tls: ssl.SSLContext, due: float) -> float:
    """From when it was due, so that a load that falls behind does not flatter the server."""
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=tls, server_hostname="localhost"
        )
        writer.write(connect)
        answer = await reader.readexactly(len(_ACCEPTED))
        took = asyncio.get_running_loop().time() - due
        if answer != _ACCEPTED:
            raise ConnectionRefusedError(answer.hex())
        writer.write(mqtt.DISCONNECT)
        writer.close()
        return took


if __name__ == "__main__":
    main()
