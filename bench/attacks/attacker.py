"""An attack as a program: `TARGET NAME=NUMBER…`, until SIGTERM; the target as JSON.

A number is that of sockets held or of attempts a second. What happened goes to standard error.
"""

import asyncio
import json
import signal
import sys
from contextlib import suppress

from bench.process import allow_descriptors
from tests.clients.hostile import Target
from tests.clients.hostile_http import ATTACKS


def main() -> None:
    told = json.loads(sys.argv[1])
    wished = [one.partition("=") for one in sys.argv[2:]]
    allow_descriptors()
    target = Target(
        told["mqtts"],
        told["mqtt"],
        told["product_key"],
        https_port=told["https"],
        console_port=told["http"],
        connects=[bytes.fromhex(one) for one in told["connects"]],
    )
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
