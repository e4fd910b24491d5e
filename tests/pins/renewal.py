"""Hashes and dates of new pins, from the index into the files."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from tests.pins.dates import Dates, read_dates, write_dates
from tests.pins.registry import Release
from tests.pins.requirements import Files, Key, Line, Pin, all_files, by_key, pins_of, write


class Source(Protocol):
    def release(self, name: str, version: str) -> Release: ...


def renew(root: Path, source: Source, *, every: bool = False) -> dict[Key, Release]:
    """Ask about pins without hashes or date, or about `every` pin. Returns what was asked about.

    Nothing is written unless all of them are known.
    """
    files, dates = all_files(root), read_dates(root)
    pins = by_key(files)
    new = [pin for pin in pins.values() if every or not _is_complete(pin, files, dates)]
    asked = {pin.key: source.release(pin.name, pin.version) for pin in new}
    for name, lines in files.items():
        write(root / name, [_with_hashes(line, asked) for line in lines])
    kept = {key: released for key, released in dates.items() if key in pins}
    write_dates({**kept, **{key: each.released for key, each in asked.items()}}, root)
    return asked


def _is_complete(pin: Pin, files: Files, dates: Dates) -> bool:
    """Whether it has its date, and hashes wherever it stands."""
    same = [each for lines in files.values() for each in pins_of(lines) if each.key == pin.key]
    return pin.key in dates and all(each.hashes for each in same)


def _with_hashes(line: Line, asked: Mapping[Key, Release]) -> Line:
    if not isinstance(line, Pin) or line.key not in asked:
        return line
    return replace(line, hashes=asked[line.key].hashes)
