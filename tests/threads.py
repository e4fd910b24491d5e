"""Real threads, each with a database connection of its own, all let go at the same moment."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from threading import Barrier
from typing import Any, ParamSpec, TypeVar

from django.db import connection

P = ParamSpec("P")
T = TypeVar("T")


def at_once(*calls: Callable[[], T]) -> list[T]:
    """Run every call in a thread of its own; results in order, the first exception is raised."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=60)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(calls)) as pool:
        futures = [pool.submit(run, call) for call in calls]
        return [future.result() for future in futures]


async def apart(call: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
    """From an event loop: in a thread, with a connection that nobody has broken before."""

    def run() -> T:
        try:
            return call(*arguments, **options)
        finally:
            connection.close()

    return await asyncio.to_thread(run)


@contextmanager
def right_after(sql: str, call: Callable[[], T]) -> Iterator[list[Future[T]]]:
    """Run `call` in a thread of its own as soon as a statement that begins with `sql` was executed
    here, and wait until it is over, or for so long that it must be waiting for us."""
    begun: list[Future[T]] = []

    def run() -> T:
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as pool:

        def watch(execute: Any, statement: str, params: Any, many: bool, context: Any) -> Any:
            done = execute(statement, params, many, context)
            if statement.startswith(sql) and not begun:
                begun.append(pool.submit(run))
                wait(begun, timeout=0.3)
            return done

        with connection.execute_wrapper(watch):
            yield begun
