"""`python -m bench`: what devices cost, on SQLite and on PostgreSQL, as tables with ratios."""

import argparse
import json
import os
import platform
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from bench.report import NOT_ON_SQLITE, SECTIONS, tables
from tests.postgres import PostgresServer

Figure = dict[str, Any]
DATABASES = ("sqlite", "postgres")


def main() -> None:
    """Exit status 1 when a section failed; the others' figures are printed all the same."""
    options = _options()
    figures: dict[str, list[Figure]] = {}
    failed = False
    started = time.monotonic()
    for database in options.database or DATABASES:
        with tempfile.TemporaryDirectory(prefix="bench-", dir=options.directory) as directory:
            figures[database], well = _run(database, Path(directory), options)
        failed = failed or not well
    print(f"{machine()}. Scale {options.scale:g}, {time.monotonic() - started:.0f} s.\n")
    print("\n\n".join(tables(figures)))
    if options.json:
        content = {"machine": machine(), "scale": options.scale, "figures": figures}
        options.json.write_text(json.dumps(content, indent=1) + "\n")
    sys.exit(failed)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full load")
    parser.add_argument("--database", choices=DATABASES, action="append")
    parser.add_argument("--only", choices=SECTIONS, action="append", help="only these sections")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every figure, for programs")
    parser.add_argument("--directory", type=Path, help="a directory on a real disk, for SQLite")
    parser.add_argument(
        "--unpinned", action="store_true", help="do not give load and server cores of their own"
    )
    return parser.parse_args()


def _run(database: str, directory: Path, options: argparse.Namespace) -> tuple[list[Figure], bool]:
    """The figures, and whether every section went well. In a process of its own, because Django
    has one database in a process."""
    only = options.only or [
        name for name in SECTIONS if database != "sqlite" or name not in NOT_ON_SQLITE
    ]
    command = [
        *(sys.executable, "-m", "bench.suite", f"--scale={options.scale}"),
        *(f"--only={section}" for section in only),
        *(["--unpinned"] if options.unpinned else []),
    ]
    with database_url(database, directory) as url:
        done = subprocess.run(  # noqa: S603 - our own command line
            command,
            env={**os.environ, **environment(directory), "DATABASE_URL": url},
            stdout=subprocess.PIPE,
            check=False,
        )
    return [json.loads(line) for line in done.stdout.splitlines()], done.returncode == 0


def machine() -> str:
    """One line."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return (
        f"{os.cpu_count()} cores for load and server ({model}), Linux {platform.release()}, "
        f"Python {platform.python_version()}, {ssl.OPENSSL_VERSION}"
    )


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


if __name__ == "__main__":
    main()
