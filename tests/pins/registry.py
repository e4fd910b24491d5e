"""Releases in the package index: hashes of files, the date, and if the release was withdrawn.

Asks the index that pip is set up with, over its JSON form (PEP 691, PEP 700).
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib import import_module
from typing import Any

import requests
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

_JSON = "application/vnd.pypi.simple.v1+json"
_SECONDS = 60


class RegistryError(Exception):
    """The index does not answer, or does not know the release."""


@dataclass(frozen=True)
class Release:
    """`yanked` is empty unless the maintainers withdrew the release; then it says why."""

    version: Version
    hashes: frozenset[str]
    released: date
    yanked: str = ""


class Registry:
    def __init__(self) -> None:
        self._index = _index_url().rstrip("/")
        self._session = requests.Session()
        self._session.verify = os.environ.get("PIP_CERT") or True
        self._session.headers["Accept"] = _JSON

    def releases(self, name: str) -> dict[Version, Release]:
        """Every release that has a wheel or a source archive."""
        url = f"{self._index}/{canonicalize_name(name)}/"
        try:
            answer = self._session.get(url, timeout=_SECONDS)
            answer.raise_for_status()
            files = answer.json()["files"]
        except (requests.RequestException, KeyError, ValueError) as error:
            raise RegistryError(f"{name}: the index gives no list of files ({error})") from error
        return releases_of(files)

    def release(self, name: str, version: str) -> Release:
        found = self.releases(name).get(Version(version))
        if found is None:
            raise RegistryError(f"{name} {version}: the index has no such release")
        return found


def releases_of(files: list[dict[str, Any]]) -> dict[Version, Release]:
    by_version: dict[Version, list[dict[str, Any]]] = {}
    for file in files:
        for version in _version_in(file["filename"]):
            by_version.setdefault(version, []).append(file)
    return {version: _release(version, its) for version, its in by_version.items()}


def _version_in(filename: str) -> Iterator[Version]:
    """The version a wheel or source archive is of; nothing for installers and other old forms."""
    try:
        if filename.endswith(".whl"):
            yield parse_wheel_filename(filename)[1]
        else:
            yield parse_sdist_filename(filename)[1]
    except (InvalidSdistFilename, InvalidWheelFilename, InvalidVersion):
        return


def _release(version: Version, files: list[dict[str, Any]]) -> Release:
    try:
        hashes = frozenset(file["hashes"]["sha256"] for file in files)
        first = min(datetime.fromisoformat(file["upload-time"]) for file in files)
    except KeyError as error:
        raise RegistryError(f"{version}: the index tells no {error} of its files") from error
    # Withdrawn is a release when each of its files is.
    reasons = [file.get("yanked", False) for file in files]
    yanked = str(reasons[0]) if all(reasons) else ""
    return Release(version, hashes, first.astimezone(UTC).date(), yanked)


def _index_url() -> str:
    """Where pip looks: its environment, its configuration, or what it does without either."""
    if given := os.environ.get("PIP_INDEX_URL"):
        return given
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    configured = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return configured or str(import_module("pip._internal.models.index").PyPI.simple_url)
