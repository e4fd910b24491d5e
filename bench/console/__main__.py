"""`python -m bench.console`: builds the fleet once per database, then measures every page on it."""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.postgres import PostgresServer

AIM_MS = 200
Figure = dict[str, float | str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the million devices")
    parser.add_argument("--database", choices=("sqlite", "postgres"), action="append")
    parser.add_argument("--times", type=int, default=20, help="how often each page is asked for")
    parser.add_argument("--only", default="", help="only pages whose name contains this")
    parser.add_argument(
        "--directory",
        type=Path,
        default=Path(".bench"),
        help="where the databases are kept between runs (8 GB)",
    )
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores.")
    for database in options.database or ("sqlite", "postgres"):
        directory = options.directory.resolve() / f"{database}-{options.scale:g}"
        directory.mkdir(parents=True, exist_ok=True)
        with _database_url(database, directory) as url:
            figures = _measure(url, directory, options)
        print(f"\n{database}\n\n{_table(figures)}", flush=True)


@contextmanager
def _database_url(database: str, directory: Path) -> Iterator[str]:
    if database == "sqlite":
        yield f"sqlite:///{directory / 'console.sqlite3'}"
        return
    with PostgresServer(durable=True, keep=directory / "data") as server:
        yield server.url()


def _measure(url: str, directory: Path, options: argparse.Namespace) -> list[Figure]:
    done = subprocess.run(  # noqa: S603 - our own command line
        [
            sys.executable, "-m", "bench.console.suite", f"--scale={options.scale}",
            f"--times={options.times}", f"--only={options.only}", f"--built={directory / 'built'}",
        ],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "TEST_DATABASE": url},
        stdout=subprocess.PIPE,
        check=True,
    )  # fmt: skip
    figures: list[Figure] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _table(figures: Sequence[Figure]) -> str:
    """Markdown. The floor is the page that looks one product up by its key, in the same run.

    On a machine that does other things too, CPU is the figure to trust.
    """
    floor = float(figures[0]["cpu"])
    lines = [
        "| page | queries | p50 ms | p95 ms | CPU p95 ms | x floor | |",
        "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for figure in figures:
        p95 = float(figure["p95"])
        over = "" if p95 < AIM_MS else f"over {AIM_MS} ms"
        lines.append(
            f"| {figure['name']} | {figure['queries']} | {figure['median']:.0f} | {p95:.0f} "
            f"| {figure['cpu']:.0f} | {float(figure['cpu']) / floor:.1f} | {over} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
