"""`python -m bench.batches`: dry run and adding of 100,000 devices, on SQLite and PostgreSQL."""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.__main__ import database_url, environment


def main(suite: str = "bench.batches.suite") -> None:
    """`suite` is the module that measures, run with one database after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the 100,000 rows")
    parser.add_argument("--database", choices=("sqlite", "postgres"), action="append")
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores.", flush=True)
    for database in options.database or ("sqlite", "postgres"):
        print(f"\n{database}\n", flush=True)
        with tempfile.TemporaryDirectory(prefix="bench-") as directory:
            _run(suite, database, Path(directory), options.scale)


def _run(suite: str, database: str, directory: Path, scale: float) -> None:
    """In a process of its own: its memory is measured, and it has one database."""
    with database_url(database, directory) as url:
        subprocess.run(  # noqa: S603 - our own command line
            [sys.executable, "-m", suite, str(scale)],
            env={**os.environ, **environment(directory), "DATABASE_URL": url},
            check=True,
        )


if __name__ == "__main__":
    main()
