"""`python -m bench`: every scenario on SQLite and on PostgreSQL, as a table with ratios."""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from tests.postgres import PostgresServer

Figure = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full load")
    parser.add_argument("--database", choices=("sqlite", "postgres"), action="append")
    parser.add_argument("--directory", type=Path, default=None, help="a directory on a real disk")
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores for load and server.")
    for database in options.database or ("sqlite", "postgres"):
        with tempfile.TemporaryDirectory(prefix="bench-", dir=options.directory) as directory:
            figures = _run(database, Path(directory), options.scale)
        print(f"\n{database}: committed durably before every answer\n\n{_table(figures)}")


def _run(database: str, directory: Path, scale: float) -> list[Figure]:
    with _database_url(database, directory) as url:
        done = subprocess.run(  # noqa: S603 - our own command line
            [sys.executable, "-m", "bench.suite", f"--scale={scale}"],
            env={**os.environ, **_environment(directory), "DATABASE_URL": url},
            stdout=subprocess.PIPE,
            check=True,
        )
    figures: list[Figure] = json.loads(done.stdout.splitlines()[-1])
    return figures


@contextmanager
def _database_url(database: str, directory: Path) -> Iterator[str]:
    if database == "sqlite":
        yield f"sqlite:///{directory / 'bench.sqlite3'}"
        return
    with PostgresServer(durable=True) as server:
        yield server.url()


def _environment(directory: Path) -> Mapping[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "iotconsole.settings",
        "DATA_DIR": str(directory),
        "SECRET_KEY": "benchmark only",
        "CODE_DIGEST_KEY": "benchmark only too",
        "FIELD_KEYS": Fernet.generate_key().decode(),
        "LOG_LEVEL": "WARNING",
    }


def _table(figures: Sequence[Figure]) -> str:
    """Markdown; the ratio is to the floor of the same transport and the same number at once."""
    floors = {
        f["name"].removeprefix("floor, "): f for f in figures if f["name"].startswith("floor")
    }
    lines = [
        "| scenario | per second | median ms | p99 ms | CPU µs | x floor |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    memory = ["", "| idle connection | KiB | x floor |", "| --- | ---: | ---: |"]
    for figure in figures:
        floor = floors[figure["name"].split(", ", 1)[1]]
        if "bytes" in figure:
            ratio = figure["bytes"] / floor["bytes"]
            memory.append(f"| {figure['name']} | {figure['bytes'] / 1024:.1f} | {ratio:.2f} |")
        else:
            ratio = figure["cpu_us"] / floor["cpu_us"]
            lines.append(
                f"| {figure['name']} | {figure['per_second']:.0f} | {figure['median_ms']:.1f}"
                f" | {figure['p99_ms']:.1f} | {figure['cpu_us']:.0f} | {ratio:.2f} |"
            )
    return "\n".join([*lines, *memory])


if __name__ == "__main__":
    main()
