"""Good clients as a program: `FILE SECONDS`, where the file says who comes (`Visitors`), as JSON.

They come when they are due, however long those before them take, and each must be served. Prints,
by the visitors' name, the seconds that each took.
"""

import asyncio
import json
import re
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.clients.hostile import careless_tls

PATIENCE = 30.0
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Visitors:
    """So many a second ask a port, and wait for an answer that begins with and contains texts.

    All bytes are in hex. Without `length` the answer is HTTP, and tells its length.
    """

    port: int
    tls: bool
    per_second: float
    requests: list[str]
    begins: str
    contains: str
    goodbye: str
    length: int


def main() -> None:
    file, seconds = sys.argv[1:]
    visitors = {name: Visitors(**one) for name, one in json.loads(Path(file).read_text()).items()}
    print(json.dumps(asyncio.run(_all(visitors, float(seconds)))))


async def _all(visitors: dict[str, Visitors], seconds: float) -> dict[str, list[float]]:
    taken = await asyncio.gather(*(_come(one, seconds) for one in visitors.values()))
    return dict(zip(visitors, taken, strict=True))


async def _come(visitors: Visitors, seconds: float) -> list[float]:
    loop, tls, tasks = asyncio.get_running_loop(), careless_tls(), []
    rate, requests = visitors.per_second, [bytes.fromhex(one) for one in visitors.requests]
    started = loop.time()
    for number in range(int(rate * seconds)):
        due = started + number / rate
        await asyncio.sleep(max(0.0, due - loop.time()))
        request = requests[number % len(requests)]
        tasks.append(loop.create_task(_one(visitors, request, tls, due)))
    return list(await asyncio.gather(*tasks))


async def _one(visitors: Visitors, request: bytes, tls: ssl.SSLContext, due: float) -> float:
    """From when it was due, so that a load that falls behind does not flatter the server."""
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection(
            "127.0.0.1",
            visitors.port,
            ssl=tls if visitors.tls else None,
            server_hostname="localhost" if visitors.tls else None,
        )
        writer.write(request)
        answer = await _answer(reader, visitors.length)
        took = asyncio.get_running_loop().time() - due
        begins, contains = bytes.fromhex(visitors.begins), bytes.fromhex(visitors.contains)
        if not answer.startswith(begins) or contains not in answer:
            raise ConnectionRefusedError(answer[:200].hex())
        writer.write(bytes.fromhex(visitors.goodbye))
        writer.close()
        return took


async def _answer(reader: asyncio.StreamReader, length: int) -> bytes:
    if length:
        return await reader.readexactly(length)
    head = await reader.readuntil(b"\r\n\r\n")
    announced = _LENGTH.search(head)
    return head + await reader.readexactly(int(announced[1]) if announced else 0)


if __name__ == "__main__":
    main()
