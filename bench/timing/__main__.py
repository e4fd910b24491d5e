"""`python -m bench.timing`: whether the time of a refusal tells its reason, on both databases.

Exits with 1 when it does: when the answers of a listener differ at all, or the operations by more
than OWN_MICROSECONDS, which is below what can be seen from outside.
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.__main__ import database_url, environment
from bench.timing.welch import LIMIT

KINDS = ("register", "regnwl", "signature", "token")
WAYS = ("operation", "company", "listener")
# Inside the process, differences are seen of a tenth of a microsecond: where a row lies in memory.
OWN_MICROSECONDS = 1.0
# Every attempt shall be read and checked.
NO_LIMITS = {f"FAILURES_PER_{kind}": "100000000" for kind in ("ADDRESS", "PRODUCT", "DEVICE")}
Row = Mapping[str, Any]

_HEAD = """| kind | way | time of | one | other | t | difference µs | seen from µs |
| --- | --- | --- | --- | --- | ---: | ---: | ---: |"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000, help="measurements of each class")
    parser.add_argument("--database", choices=("sqlite", "postgres"), action="append")
    parser.add_argument("--kind", choices=KINDS, action="append")
    parser.add_argument("--way", choices=WAYS, action="append")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.count} of each class, limit |t| < {LIMIT}", flush=True)
    telling = 0
    for database in options.database or ("sqlite", "postgres"):
        print(f"\n{database}\n\n{_HEAD}", flush=True)
        for row in _rows(database, options):
            print(_line(row), flush=True)
            telling += _tells(row)
    print(f"\n{telling} pairs can be told apart" if telling else "\nNo pair can be told apart")
    sys.exit(1 if telling else 0)


def _rows(database: str, options: argparse.Namespace) -> Iterator[Row]:
    """As they are measured."""
    arguments = [
        f"--count={options.count}",
        f"--seed={options.seed}",
        *(f"--kind={kind}" for kind in options.kind or KINDS),
        *(f"--way={way}" for way in options.way or WAYS),
    ]
    with (
        tempfile.TemporaryDirectory(prefix="timing-") as directory,
        database_url(database, Path(directory)) as url,
    ):
        own = {**environment(Path(directory)), **NO_LIMITS, "DATABASE_URL": url}
        with subprocess.Popen(  # noqa: S603 - our own command line
            [sys.executable, "-m", "bench.timing.suite", *arguments],
            env={**os.environ, **own},
            stdout=subprocess.PIPE,
        ) as suite:
            assert suite.stdout is not None
            yield from map(json.loads, suite.stdout)
        if suite.returncode:
            sys.exit(suite.returncode)


def _tells(row: Row) -> bool:
    visible: bool = row["way"] == "listener" or abs(row["difference"]) > OWN_MICROSECONDS
    return visible and bool(abs(row["t"]) >= LIMIT)


def _line(row: Row) -> str:
    """Markdown. Behind the difference stands what would just have been seen."""
    t = f"**{row['t']:.1f}**" if _tells(row) else f"{row['t']:.1f}"
    names = " | ".join(row[name] for name in ("kind", "way", "clock", "one", "two"))
    return f"| {names} | {t} | {row['difference']:.2f} | {row['detectable']:.2f} |"


if __name__ == "__main__":
    main()
