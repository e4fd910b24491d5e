"""Checks of the pins. Each returns sentences, none when all is well."""

import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.pins.dates import FILE as DATES
from tests.pins.dates import Dates
from tests.pins.requirements import ENVIRONMENTS, ROOT, Files, Key, Pin, by_key, pins_of

# They come with Python's own venv module, in the version that Python brings.
_WITH_PYTHON = {"pip", "setuptools"}
_FREEZE = re.compile(r"([A-Za-z0-9._-]+)==(\S+)")


def problems_of(files: Files, dates: Dates) -> list[str]:
    """Problems of the files themselves, found without the package index."""
    return [*_hashes(files), *_versions(files), *_dates(files, dates)]


def _hashes(files: Files) -> Iterator[str]:
    known: dict[Key, frozenset[str]] = {}
    for name, lines in files.items():
        for pin in pins_of(lines):
            if not pin.hashes:
                yield f"{name}: {pin.text} has no hashes"
            elif known.setdefault(pin.key, pin.hashes) != pin.hashes:
                yield f"{name}: {pin.text} has other hashes than in another file"


def _versions(files: Files) -> Iterator[str]:
    for environment, names in ENVIRONMENTS.items():
        seen: dict[str, Pin] = {}
        for pin in (pin for name in names for pin in pins_of(files[name])):
            name = canonicalize_name(pin.name)
            if name in seen:
                yield f"{environment}: {pin.text} is pinned twice"
            seen[name] = pin


def _dates(files: Files, dates: Dates) -> Iterator[str]:
    pinned = by_key(files).keys()
    for name, version in sorted(pinned - dates.keys()):
        yield f"{DATES}: {name} {version} is pinned and has no date"
    for name, version in sorted(dates.keys() - pinned):
        yield f"{DATES}: {name} {version} is pinned nowhere"


def unpinned(environment: str, installed: Iterable[Key], files: Files) -> list[str]:
    """Installed packages that are not pinned, or have another version."""
    pinned = {
        canonicalize_name(pin.name): Version(pin.version)
        for name in ENVIRONMENTS[environment]
        for pin in pins_of(files[name])
    }
    found = []
    for name, version in installed:
        wanted = pinned.get(canonicalize_name(name))
        if wanted is None and name not in _WITH_PYTHON:
            found.append(f"{environment}: {name} {version} is installed and not pinned")
        elif wanted is not None and Version(version) != wanted:
            found.append(f"{environment}: {name} {version} is installed, {wanted} is pinned")
    return found


def installed_in(environment: str, root: Path = ROOT) -> list[Key]:
    """Packages in a virtual environment, listed by its pip; empty if there is no environment."""
    python = root / environment / "bin" / "python"
    if not python.exists():
        return []
    command = [str(python), "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = [_FREEZE.fullmatch(line) for line in told.splitlines()]
    return [(canonicalize_name(each[1]), each[2]) for each in found if each]
