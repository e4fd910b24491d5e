"""requirements-dates.csv: when each pinned release was published, by name and version."""

import csv
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from tests.pins.requirements import ROOT, Key

FILE = "requirements-dates.csv"
_HEADER = ["name", "version", "released"]

Dates = Mapping[Key, date]


def read_dates(root: Path = ROOT) -> dict[Key, date]:
    path = root / FILE
    if not path.exists():
        return {}
    with path.open(newline="") as file:
        return {
            (row["name"], row["version"]): date.fromisoformat(row["released"])
            for row in csv.DictReader(file)
        }


def write_dates(dates: Dates, root: Path = ROOT) -> None:
    with (root / FILE).open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_HEADER)
        writer.writerows([*key, released.isoformat()] for key, released in sorted(dates.items()))


def age_lines(dates: Dates, today: date) -> list[str]:
    """One line per release, the newest first: a release a few days old deserves a look."""
    newest = sorted(dates.items(), key=lambda each: (each[1], each[0]), reverse=True)
    return [
        f"{(today - released).days:>6} days  {released}  {name} {version}"
        for (name, version), released in newest
    ]
