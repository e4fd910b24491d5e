"""The floor of the database: one UPDATE and one INSERT, committed durably, by hand.

On the connection that Django has opened, so that every setting is the listener's; in tables of
their own with no index but the key, so that it is the least that recording an activation can cost.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db import connection, transaction

from bench.environment import Figure, Ground, say

BATCHES = (1, 100, 200)
_SECONDS = 2.0
_DEVICES = 20_000
_LINE = "what a log entry says, about as long as one is: " + "x" * 150

_TABLES = (
    "CREATE TABLE bench_device (id bigint PRIMARY KEY, registered_at bigint)",
    "CREATE TABLE bench_log (id {key}, at bigint, device bigint, line text)",
)
Write = Callable[[Any, Sequence[int], int], None]


def database(ground: Ground) -> Iterator[Figure]:
    """Activations a second, alone in a transaction and many in one."""
    _make_tables()
    write = _on_sqlite if connection.vendor == "sqlite" else _on_postgres
    for batch in BATCHES:
        say(f"database: {batch} per transaction")
        yield {"topic": "database", "batch": batch, **_measure(ground, write, batch)}
    _drop_tables()


def _make_tables() -> None:
    sqlite = connection.vendor == "sqlite"
    key = "integer PRIMARY KEY" if sqlite else "bigserial PRIMARY KEY"
    with transaction.atomic(), connection.cursor() as cursor:
        for table in _TABLES:
            cursor.execute(table.format(key=key))
        cursor.executemany(
            "INSERT INTO bench_device VALUES (%s, 0)", [(number,) for number in range(_DEVICES)]
        )


def _drop_tables() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bench_device")
        cursor.execute("DROP TABLE bench_log")


def _measure(ground: Ground, write: Write, batch: int) -> dict[str, float]:
    """The first round does not count: it opens and prepares."""
    _rounds(write, batch, 0.0)
    server = ground.database
    own, cpu = (server.cpu_seconds() if server else 0.0), time.thread_time()
    count, seconds = _rounds(write, batch, ground.seconds(_SECONDS))
    figure = {
        "per_second": count / seconds,
        "client_us": (time.thread_time() - cpu) / count * 1e6,
    }
    if server:
        figure["database_us"] = (server.cpu_seconds() - own) / count * 1e6
    return figure


def _rounds(write: Write, batch: int, seconds: float) -> tuple[int, float]:
    """Transactions for so long, one at least; how many activations, in how many seconds."""
    started, count = time.perf_counter(), 0
    while True:
        devices = [(count + number) % _DEVICES for number in range(batch)]
        with transaction.atomic():
            # Below Django's wrapper, which costs as much as the statement.
            assert connection.connection is not None
            write(connection.connection.cursor(), devices, int(time.time()))
        count += batch
        took = time.perf_counter() - started
        if took >= seconds:
            return count, took


def _on_sqlite(cursor: Any, devices: Sequence[int], now: int) -> None:
    places = ",".join("?" * len(devices))
    cursor.execute(
        f"UPDATE bench_device SET registered_at = ? WHERE id IN ({places})", (now, *devices)
    )
    cursor.executemany(
        "INSERT INTO bench_log (at, device, line) VALUES (?, ?, ?)",
        [(now, device, _LINE) for device in devices],
    )


def _on_postgres(cursor: Any, devices: Sequence[int], now: int) -> None:
    cursor.execute(
        "UPDATE bench_device SET registered_at = %s WHERE id = ANY(%s)",
        (now, list(devices)),
        prepare=True,
    )
    cursor.execute(
        "INSERT INTO bench_log (at, device, line) SELECT %s, unnest(%s::bigint[]), %s",
        (now, list(devices), _LINE),
        prepare=True,
    )
