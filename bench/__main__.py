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
    with database_url(database, directory) as url:
        done = subprocess.run(  # noqa: S603 - our own command line
            [sys.executable, "-m", "bench.suite", f"--scale={scale}"],
            env={**os.environ, **environment(directory), "DATABASE_URL": url},
            stdout=subprocess.PIPE,
            check=True,
        )
    figures: list[Figure] = json.loads(done.stdout.splitlines()[-1])
    return figures


@contextmanager
def database_url(database: str, directory: Path) -> Iterator[str]:
    if database == "sqlite":
        yield f"sqlite:///{directory / 'bench.sqlite3'}"
        return
    with PostgresServer(durable=True) as server:
        yield server.url()


def environment(directory: Path) -> Mapping[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "iotconsole.settings",
        "DATA_DIR": str(directory),
        "SECRET_KEY": "benchmark only",
        "CODE_DIGEST_KEY": "benchmark only too",
        "FIELD_KEYS": Fernet.generate_key().decode(),
        "LOG_LEVEL": "WARNING",
    }


def _table(figures: Sequence[Figure]) -> str:
    """Markdown. The floor is of the same transport and number at once, measured just before."""
    lines = [
        "| scenario | per second | median ms | p99 ms | CPU µs | floor CPU µs | x floor |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    memory = ["", "| idle session | KiB | floor KiB |", "| --- | ---: | ---: |"]
    for figure in figures:
        if "bytes" in figure:
            ours, floor = figure["bytes"] / 1024, figure["floor_bytes"] / 1024
            memory.append(f"| {figure['name']} | {ours:.1f} | {floor:.1f} |")
        else:
            lines.append(_line(figure["name"], figure["ours"], figure["floor"]["cpu_us"]))
    return "\n".join([*lines, *memory])


def _line(name: str, ours: Mapping[str, float], floor: float) -> str:
    cells = [
        name,
        f"{ours['per_second']:.0f}",
        f"{ours['median_ms']:.1f}",
        f"{ours['p99_ms']:.1f}",
        f"{ours['cpu_us']:.0f}",
        f"{floor:.0f}",
        f"{ours['cpu_us'] / floor:.2f}",
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
