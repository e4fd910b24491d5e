"""Requirements files: their pins with hashes, read and rewritten; all else in them is kept."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
BUILD, RUN, DEV = "requirements-build.txt", "requirements.txt", "requirements-dev.txt"
LINKKIT, CLOUDSDK = "requirements-linkkit.txt", "requirements-cloudsdk.txt"
# What the Makefile installs into each virtual environment.
ENVIRONMENTS: Mapping[str, tuple[str, ...]] = {
    ".venv": (RUN, DEV),
    ".venv-linkkit": (BUILD, LINKKIT),
    ".venv-cloudsdk": (BUILD, CLOUDSDK),
}
_PIN = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?P<extras>\[[^\]]+\])?==(?P<version>\S+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_CONTINUED = " \\\n    "

Key = tuple[str, str]  # canonical name and version


@dataclass(frozen=True)
class Pin:
    """One `name==version` of a file. `text` is how it stands there, extras included."""

    text: str
    name: str
    version: str
    hashes: frozenset[str] = field(default_factory=frozenset)

    @property
    def key(self) -> Key:
        return canonicalize_name(self.name), self.version


@dataclass(frozen=True)
class Other:
    """A comment, an empty line, or `-r` of another file."""

    text: str


class RequirementError(ValueError):
    """A line that is no exact pin."""


Line = Pin | Other
Files = Mapping[str, list[Line]]  # by file name


def read(path: Path) -> list[Line]:
    """Raises RequirementError for what is neither a pin nor one of the other lines."""
    joined = re.sub(r"\\\n\s*", " ", path.read_text())
    return [_line(path, text.strip()) for text in joined.splitlines()]


def _line(path: Path, text: str) -> Line:
    if not text or text.startswith(("#", "-r ")):
        return Other(text)
    requirement, *options = text.split()
    found = _PIN.fullmatch(requirement)
    hashes = [_HASH.fullmatch(option) for option in options]
    if not found or not all(hashes):
        raise RequirementError(f"{path.name}: not name==version with sha256 hashes: {text[:60]}")
    digests = frozenset(each[1] for each in hashes if each)
    return Pin(requirement, found["name"], found["version"], digests)


def write(path: Path, lines: list[Line]) -> None:
    path.write_text("".join(f"{_text(line)}\n" for line in lines))


def _text(line: Line) -> str:
    if isinstance(line, Other):
        return line.text
    return _CONTINUED.join([line.text, *(f"--hash=sha256:{each}" for each in sorted(line.hashes))])


def pins_of(lines: list[Line]) -> list[Pin]:
    return [line for line in lines if isinstance(line, Pin)]


def by_key(files: Files) -> dict[Key, Pin]:
    return {pin.key: pin for lines in files.values() for pin in pins_of(lines)}


def all_files(root: Path = ROOT) -> dict[str, list[Line]]:
    return {path.name: read(path) for path in sorted(root.glob("requirements*.txt"))}
