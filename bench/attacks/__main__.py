"""`python -m bench.attacks`: good clients' p99 before, during and after each attack."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.__main__ import database_url, environment
from bench.attacks.suite import ATTACKS

_COLUMNS = (
    *("attack", "good clients", "p99 before", "beside", "during", "after ms"),
    *("x before", "x beside"),
    *("median before", "during", "MiB"),
)
_TIMES = ("before", "beside", "during", "after")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full load")
    parser.add_argument("--database", choices=("sqlite", "postgres"), action="append")
    parser.add_argument("--only", choices=ATTACKS, action="append", default=[], metavar="ATTACK")
    options = parser.parse_args()
    for database in options.database or ("sqlite", "postgres"):
        print(f"\n{database}\n")
        print(f"| {' | '.join(_COLUMNS)} |")
        print(f"| --- | --- |{' ---: |' * (len(_COLUMNS) - 2)}", flush=True)
        _run(database, options.scale, options.only)


def _run(database: str, scale: float, only: list[str]) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="attacks-") as directory,
        database_url(database, Path(directory)) as url,
        subprocess.Popen(  # noqa: S603 - our own command line
            [
                *(sys.executable, "-m", "bench.attacks.suite", f"--scale={scale}"),
                *(f"--only={name}" for name in only),
            ],
            env={**os.environ, **environment(Path(directory)), "DATABASE_URL": url},
            stdout=subprocess.PIPE,
        ) as suite,
    ):
        assert suite.stdout is not None
        for line in suite.stdout:
            print(_row(json.loads(line)), flush=True)
    if suite.returncode:
        sys.exit(suite.returncode)


def _row(figure: Mapping[str, Any]) -> str:
    before, beside, during, after = (figure[f"{when}_ms"] for when in _TIMES)
    cells = [
        figure["attack"],
        figure["kind"],
        *(f"{value:.1f}" for value in (before, beside, during, after)),
        *(f"{during / quiet:.2f}" for quiet in (before, beside)),
        *(f"{figure[f'median_{when}_ms']:.1f}" for when in ("before", "during")),
        " → ".join(f"{figure[f'mib_{when}']:.0f}" for when in ("before", "during", "after")),
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
