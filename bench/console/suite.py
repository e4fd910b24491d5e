"""Runs in a process of its own with one database: builds it if need be, and asks for every page.

Through Django's test client: middleware, view, template and database, without a socket. What a
server adds (1 to 2 ms) is the same for every page.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import django
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from iotconsole import gunicorn_config

Figure = dict[str, float | str]
# A search that finds one thing leads there, but for the panel under the search box.
_PANEL = {"HX-Request": "true", "HX-Target": "palette"}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", type=float)
    parser.add_argument("--times", type=int)
    parser.add_argument("--only")
    parser.add_argument("--built", type=Path)
    options = parser.parse_args()
    django.setup()
    _prepare(options.built, options.scale)
    gunicorn_config.post_worker_init(None)
    print(json.dumps(_figures(options.times, options.only)))


def _prepare(built: Path, scale: float) -> None:
    """Later migrations are applied to a fleet that an earlier run has built."""
    from django.core.management import call_command

    from bench.console.fleet import Size, build
    from bench.console.incidents import add_missing

    started = time.perf_counter()
    call_command("migrate", verbosity=0)
    if not built.exists():
        build(Size.scaled(scale))
        built.touch()
    add_missing(Size.scaled(scale))
    _tend()
    print(f"prepared in {time.perf_counter() - started:.0f} s", file=sys.stderr)


def _tend() -> None:
    """Do the work of the worker's rounds and of PostgreSQL's autovacuum in production."""
    from devices.operations.analyze import refresh_statistics
    from devices.operations.fold_counts import fold_counts

    fold_counts(timezone.now())
    refresh_statistics(timezone.now())
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def _figures(times: int, only: str) -> list[Figure]:
    from bench.console.incidents import GUEST
    from bench.console.pages import FLOOR, guest_pages, pages

    return [
        _figure(client, name, url, times)
        for client, wanted in ((_signed_in("bench"), pages()), (_signed_in(GUEST), guest_pages()))
        for name, url in wanted.items()
        if name == FLOOR or only in name
    ]


def _signed_in(username: str) -> Client:
    """A browser in which a code was typed, so that dialogs are measured and not the question."""
    from operators import step_up_sessions
    from operators.models import Operator

    settings.CONFIRMATION_FRESH_SECONDS = 24 * 3600
    client = Client(headers={"host": "localhost"})
    operator = Operator.objects.get(username=username)
    client.force_login(operator)
    session = client.session
    step_up_sessions.remember(session, operator)
    session.save()
    return client


def _figure(client: Client, name: str, url: str, times: int) -> Figure:
    with CaptureQueriesContext(connection) as queries:
        _seconds(client, url)
    asked = len(queries)
    taken, spent = zip(*(_seconds(client, url) for _ in range(times)), strict=True)
    figure = {"p95": _p95(taken), "cpu": _p95(spent), "median": statistics.median(taken)}
    print(f"{name}: {figure['p95'] * 1000:.0f} ms", file=sys.stderr)
    return {"name": name, "queries": asked, **{key: 1000 * figure[key] for key in figure}}


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(0.95 * len(values)))]


def _seconds(client: Client, url: str) -> tuple[float, float]:
    """By the clock, and on a processor."""
    started, used = time.perf_counter(), _on_cpu()
    response = client.get(url, headers=_PANEL if url.startswith("/search/") else {})
    assert response.status_code == 200, (url, response.status_code)
    return time.perf_counter() - started, _on_cpu() - used


def _on_cpu() -> float:
    """CPU seconds of this process and its PostgreSQL backend (without parallel workers)."""
    backend = 0.0
    if connection.vendor == "postgresql":
        connection.ensure_connection()
        pid = connection.connection.info.backend_pid
        backend = int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    return time.process_time() + backend


if __name__ == "__main__":
    main()
