"""Services of the server for its connections."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from common.net.connection_limits import Slot
from common.net.http.answer import Answer
from common.net.http.environ import Environ, Local
from common.net.peers import Peers


class Serving(Protocol):
    """`local` is the address served, `now` the loop's clock in seconds."""

    loop: asyncio.AbstractEventLoop
    now: Callable[[], float]
    peers: Peers[Any]
    local: Local
    stopping: bool

    def forwarded_for(self, environ: Environ) -> str: ...

    def proven(self, slot: Slot, origin: str) -> None: ...

    def take_large(self, origin: str) -> bool: ...

    def leave_large(self, origin: str) -> None: ...

    def ask_limit(
        self, origin: str, environ: Environ, start: bytes, told: Callable[[int | None], None]
    ) -> None: ...

    def run(self, origin: str, environ: Environ, answer: Answer) -> None: ...

    def finished(self, answer: Answer) -> None: ...

    def call(self, function: Callable[..., None], *values: Any) -> None: ...

    def refusal(self, status: int) -> bytes: ...
