"""Run several programs as one: started together, stopped together.

Each child leads a process group of its own, so that Ctrl-C in the terminal reaches only the
supervisor, which then asks every child once, with SIGTERM, to finish what it is doing.
"""

import asyncio
import contextlib
import ctypes
import errno
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PR_SET_PDEATHSIG = 1  # linux/prctl.h
POLL_SECONDS = 0.1
# Loaded here because a child may not load libraries between fork and exec.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class SupervisorError(Exception):
    """The programs did not start, or did not stop as they should; the text says which and why."""


@dataclass(frozen=True)
class Address:
    """Where a program accepts connections. `setting` is the name of the port's setting."""

    host: str
    port: int
    setting: str


@dataclass(frozen=True)
class Program:
    name: str
    command: Sequence[str]
    # It is ready when it accepts connections on all of them.
    addresses: Sequence[Address] = ()


@dataclass(frozen=True)
class Limits:
    """Seconds until a start is given up, and until a child that does not stop is killed."""

    start: float = 60
    stop: float = 20


def require_free(addresses: Iterable[Address]) -> None:
    """Raises SupervisorError, naming port and setting, where a program could not listen."""
    for address in addresses:
        family, _, _, _, target = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # As servers do: a port that is merely cooling down after a restart is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(target)
            except OSError as error:
                raise SupervisorError(_why_not(address, error)) from error


def _why_not(address: Address, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {address.port} is already in use. Stop what listens there (another "
            f"`make run`?) or choose another port with {address.setting}."
        )
    return (
        f"Cannot listen on {address.host} port {address.port} ({address.setting}): "
        f"{error.strerror}."
    )


async def supervise(
    programs: Sequence[Program],
    on_ready: Callable[[], None],
    *,
    environment: Mapping[str, str] | None = None,
    limits: Limits | None = None,
) -> None:
    """Run `programs` until SIGINT, SIGTERM or SIGHUP; `on_ready` is called once all are ready.

    Raises SupervisorError when one ends by itself, does not get ready, or has to be killed. No
    child is left, whatever happens.
    """
    limits = limits or Limits()
    asked, insisted = _watch_signals()
    children: list[tuple[Program, Process]] = []
    try:
        for program in programs:
            # One by one: when the second cannot start, the first must be known, to be stopped.
            children.append((program, await _start(program, environment)))  # noqa: PERF401
        await _until_asked(children, on_ready, asked, limits.start)
    finally:
        stubborn = await _stop([process for _, process in children], insisted, limits.stop)
    if stubborn:
        names = [program.name for program, process in children if process in stubborn]
        raise SupervisorError(f"Killed because it did not stop: {', '.join(names)}.")


def _watch_signals() -> tuple[asyncio.Event, asyncio.Event]:
    """Events for the first request to stop, and for a Ctrl-C after that."""
    asked, insisted = asyncio.Event(), asyncio.Event()

    def interrupt() -> None:
        (insisted if asked.is_set() else asked).set()

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, interrupt)
    # A service manager may send these to the whole group and again through make: never impatience.
    loop.add_signal_handler(signal.SIGTERM, asked.set)
    loop.add_signal_handler(signal.SIGHUP, asked.set)
    return asked, insisted


async def _start(program: Program, environment: Mapping[str, str] | None) -> Process:
    return await asyncio.create_subprocess_exec(
        *program.command,
        stdin=DEVNULL,
        env=environment,
        start_new_session=True,
        preexec_fn=_tie_to(os.getpid()),
    )


def _tie_to(parent: int) -> Callable[[], None]:
    """Have the kernel send SIGTERM when the supervisor dies without a chance to stop its children.

    On other systems than Linux children outlive a kill -9 of the supervisor.
    """

    def before_exec() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            # It may have died before the line above.
            if os.getppid() != parent:
                os._exit(1)

    return before_exec


async def _until_asked(
    children: Sequence[tuple[Program, Process]],
    on_ready: Callable[[], None],
    asked: asyncio.Event,
    seconds: float,
) -> None:
    async def get_ready() -> None:
        for program, _ in children:
            await _until_ready(program, seconds)
        on_ready()

    readiness = asyncio.create_task(get_ready())
    request = asyncio.create_task(asked.wait())
    exits = {asyncio.create_task(process.wait()): program for program, process in children}
    try:
        await asyncio.wait({request, readiness, *exits}, return_when=asyncio.FIRST_COMPLETED)
        if readiness.done():
            await readiness
            await asyncio.wait({request, *exits}, return_when=asyncio.FIRST_COMPLETED)
        for ended, program in exits.items():
            if ended.done() and not asked.is_set():
                raise SupervisorError(f"The {program.name} {_in_words(ended.result())}.")
    finally:
        for task in (readiness, request, *exits):
            task.cancel()


async def _until_ready(program: Program, seconds: float) -> None:
    for address in program.addresses:
        try:
            async with asyncio.timeout(seconds):
                await _until_accepting(address)
        except TimeoutError:
            raise SupervisorError(
                f"The {program.name} accepts no connection on port {address.port} "
                f"({address.setting}) after {seconds:g} seconds."
            ) from None


async def _until_accepting(address: Address) -> None:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(address.host, address.host)  # noqa: S104
    while True:
        try:
            _, writer = await asyncio.open_connection(host, address.port)
        except OSError:
            await asyncio.sleep(POLL_SECONDS)
        else:
            writer.close()
            return


def _in_words(status: int) -> str:
    if status < 0:
        return f"was killed by {signal.Signals(-status).name}"
    return f"ended with exit status {status}" if status else "ended without being asked to"


async def _stop(
    processes: Sequence[Process], insisted: asyncio.Event, seconds: float
) -> list[Process]:
    """Ask every child to stop; after `seconds`, or when insisted, kill. Returns the killed."""
    exits = [asyncio.create_task(process.wait()) for process in processes]
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
    stopped = asyncio.gather(*exits)
    impatience = asyncio.create_task(insisted.wait())
    events: set[asyncio.Future[Any]] = {stopped, impatience}
    await asyncio.wait(events, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    impatience.cancel()
    stubborn = [process for process in processes if process.returncode is None]
    for process in processes:
        # The group: what a crashed or killed child has started goes too.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    await stopped
    return stubborn
