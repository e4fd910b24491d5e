"""An attack as a program: `TLS-PORT PLAIN-PORT PRODUCT-KEY NAME=NUMBER…`, until SIGTERM.

A number is that of sockets held or of attempts a second. What happened goes to standard error.
"""

import asyncio
import signal
import sys
from contextlib import suppress

from bench.process import allow_descriptors
from tests.clients.hostile import ATTACKS, Target


def main() -> None:
    tls_port, plain_port, product_key = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    wished = [one.partition("=") for one in sys.argv[4:]]
    allow_descriptors()
    target = Target(tls_port, plain_port, product_key)
    with suppress(asyncio.CancelledError):
        asyncio.run(_attack(target, {name: int(number) for name, _, number in wished}))
    print(dict(target.seen), file=sys.stderr)


async def _attack(target: Target, wished: dict[str, int]) -> None:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await asyncio.gather(*(ATTACKS[name](target, number) for name, number in wished.items()))


if __name__ == "__main__":
    main()
