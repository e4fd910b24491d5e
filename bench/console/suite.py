"""Runs in a process of its own with one database: builds it if need be, and asks for every page.

Through Django's test client: middleware, view, template and database, without a socket. What a
server adds (1 to 2 ms) is the same for every page.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import django
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

Figure = dict[str, float | str]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", type=float)
    parser.add_argument("--times", type=int)
    parser.add_argument("--only")
    parser.add_argument("--built", type=Path)
    options = parser.parse_args()
    django.setup()
    _prepare(options.built, options.scale)
    print(json.dumps(_figures(options.times, options.only)))


def _prepare(built: Path, scale: float) -> None:
    """Later migrations are applied to a fleet that an earlier run has built."""
    from django.core.management import call_command

    from bench.console.fleet import Size, build

    started = time.perf_counter()
    call_command("migrate", verbosity=0)
    if not built.exists():
        build(Size.scaled(scale))
        built.touch()
    _tend()
    print(f"prepared in {time.perf_counter() - started:.0f} s", file=sys.stderr)


def _tend() -> None:
    """What the worker's rounds and PostgreSQL's autovacuum see to in production."""
    from devices.operations.count import fold_counts
    from devices.operations.statistics import refresh_statistics

    fold_counts(timezone.now())
    refresh_statistics(timezone.now())
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def _figures(times: int, only: str) -> list[Figure]:
    from bench.console.pages import FLOOR, pages
    from operators.models import Operator

    client = Client(headers={"host": "localhost"})
    client.force_login(Operator.objects.get(username="bench"))
    wanted = pages()
    chosen = {name: url for name, url in wanted.items() if name == FLOOR or only in name}
    return [_figure(client, name, url, times) for name, url in chosen.items()]


def _figure(client: Client, name: str, url: str, times: int) -> Figure:
    with CaptureQueriesContext(connection) as queries:
        _seconds(client, url)
    asked = len(queries)
    taken = sorted(_seconds(client, url) * 1000 for _ in range(times))
    p95 = taken[min(len(taken) - 1, int(0.95 * len(taken)))]
    print(f"{name}: {p95:.0f} ms", file=sys.stderr)
    return {
        "name": name,
        "queries": asked,
        "median": statistics.median(taken),
        "p95": p95,
    }


def _seconds(client: Client, url: str) -> float:
    started = time.perf_counter()
    response = client.get(url)
    assert response.status_code == 200, (url, response.status_code)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
