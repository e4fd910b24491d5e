"""Database calls of the event loop's housekeeping, on a thread of their own."""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, ParamSpec, TypeVar

from django.db import connection

P = ParamSpec("P")
T = TypeVar("T")
_Call = tuple["asyncio.Future[Any]", Callable[[], Any]]


class DatabaseThread:
    """One thread and its connection. A slow call delays only what uses the same thread.

    Not an executor: the interpreter waits for the threads of those before it exits, however long
    a database keeps them waiting.
    """

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run it there. After an error the connection is closed: the next call gets a new one."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._calls.put((future, partial(function, *args, **kwargs)))
        return await future

    def close(self) -> None:
        """The thread closes its connection and ends, after what it is doing."""
        self._calls.put(None)

    def join(self, within: float) -> None:
        self._thread.join(within)

    def _work(self) -> None:
        while call := self._calls.get():
            future, function = call
            if not future.cancelled():
                self._run(future, function)
        connection.close()

    def _run(self, future: "asyncio.Future[Any]", function: Callable[[], Any]) -> None:
        result: Any = None
        failure: Exception | None = None
        try:
            result = function()
        except Exception as error:
            connection.close()
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop may be gone already
            future.get_loop().call_soon_threadsafe(_resolve, future, result, failure)


def _resolve(future: "asyncio.Future[Any]", result: object, failure: Exception | None) -> None:
    if future.done():  # given up by its caller
        return
    if failure is None:
        future.set_result(result)
    else:
        future.set_exception(failure)
