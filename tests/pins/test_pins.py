"""Everything that is installed is pinned by version and hash, and the age of each pin is known."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from tests.pins.checks import problems_of, unpinned
from tests.pins.dates import Dates, age_lines, read_dates, write_dates
from tests.pins.registry import RegistryError, Release, releases_of
from tests.pins.renewal import renew
from tests.pins.requirements import (
    ENVIRONMENTS,
    ROOT,
    Files,
    RequirementError,
    all_files,
    by_key,
    pins_of,
    read,
)

ONE, TWO = "1" * 64, "2" * 64
DAY = date(2026, 3, 1)


# This repository


def test_every_pin_of_the_repository_has_hashes_and_a_date() -> None:
    """After a change of a pin: python -m tests.pins update."""
    assert problems_of(all_files(), read_dates()) == []


def test_every_requirements_file_belongs_to_an_environment() -> None:
    assert set(all_files()) == {name for names in ENVIRONMENTS.values() for name in names}


@pytest.mark.parametrize("file", ["Makefile", "deploy/compose/Dockerfile", "docs/deploying.md"])
def test_whatever_installs_insists_on_hashes(file: str) -> None:
    text = (ROOT / file).read_text().replace("\\\n", " ")
    said = [line for line in text.splitlines() if "pip install" in line or "_OPTIONS :=" in line]
    assert said
    assert all("--require-hashes" in line for line in said)


# Files


def directory_with(tmp_path: Path, **files: str) -> Path:
    for name in {name for names in ENVIRONMENTS.values() for name in names}:
        key = name.removesuffix(".txt").removeprefix("requirements").removeprefix("-") or "run"
        (tmp_path / name).write_text(files.get(key, ""))
    return tmp_path


def given(tmp_path: Path, **files: str) -> Files:
    return all_files(directory_with(tmp_path, **files))


def pin(text: str, *hashes: str) -> str:
    return " \\\n    ".join([text, *(f"--hash=sha256:{each}" for each in hashes)]) + "\n"


def test_a_file_is_read_with_its_comments_extras_and_hashes(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text("# Why\n" + pin("psycopg[binary]==3.3.9", ONE, TWO) + "\n-r other.txt\n")
    (found,) = pins_of(read(path))
    assert (found.text, found.key) == ("psycopg[binary]==3.3.9", ("psycopg", "3.3.9"))
    assert found.hashes == {ONE, TWO}


@pytest.mark.parametrize(
    "line",
    [
        "Django",
        "Django>=5",
        "Django==5.2 --hash=md5:00",
        "Django==5.2 --hash=sha256:0",
        "git+https://example.com/it.git",
        "--index-url https://example.com",
    ],
)
def test_what_is_no_exact_pin_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text(line + "\n")
    with pytest.raises(RequirementError, match="not name==version with sha256 hashes"):
        read(path)


# What may be wrong


def found(tmp_path: Path, dates: Dates, **files: str) -> list[str]:
    return problems_of(given(tmp_path, **files), dates)


def test_a_pin_without_hashes_is_found(tmp_path: Path) -> None:
    told = found(tmp_path, {("h11", "0.16.0"): DAY}, run=pin("h11==0.16.0"))
    assert told == ["requirements.txt: h11==0.16.0 has no hashes"]


def test_a_pin_that_was_raised_without_its_date_is_found(tmp_path: Path) -> None:
    told = found(tmp_path, {("h11", "0.16.0"): DAY}, run=pin("h11==0.17.0", ONE))
    assert told == [
        "requirements-dates.csv: h11 0.17.0 is pinned and has no date",
        "requirements-dates.csv: h11 0.16.0 is pinned nowhere",
    ]


def test_one_release_has_the_same_hashes_everywhere(tmp_path: Path) -> None:
    files = {"run": pin("h11==0.16.0", ONE), "cloudsdk": pin("H11==0.16.0", TWO)}
    told = found(tmp_path, {("h11", "0.16.0"): DAY}, **files)
    assert told == ["requirements.txt: h11==0.16.0 has other hashes than in another file"]


def test_a_package_is_pinned_once_in_an_environment(tmp_path: Path) -> None:
    files = {"run": pin("h11==0.16.0", ONE), "dev": pin("h11==0.15.0", TWO)}
    told = found(tmp_path, {("h11", "0.16.0"): DAY, ("h11", "0.15.0"): DAY}, **files)
    assert told == [".venv: h11==0.15.0 is pinned twice"]


def test_two_environments_may_differ(tmp_path: Path) -> None:
    files = {"run": pin("h11==0.16.0", ONE), "linkkit": pin("h11==0.15.0", TWO)}
    assert found(tmp_path, {("h11", "0.16.0"): DAY, ("h11", "0.15.0"): DAY}, **files) == []


def test_what_is_installed_and_not_pinned_is_found(tmp_path: Path) -> None:
    files = given(tmp_path, run=pin("Importlib_Metadata==10.2.0", ONE), dev=pin("ruff==1.0", TWO))
    installed = [("importlib-metadata", "10.2.0"), ("lazy-importer", "0.1.0"), ("ruff", "1.1")]
    assert unpinned(".venv", installed, files) == [
        ".venv: lazy-importer 0.1.0 is installed and not pinned",
        ".venv: ruff 1.1 is installed, 1.0 is pinned",
    ]


def test_what_comes_with_python_need_not_be_pinned_but_counts_if_it_is(tmp_path: Path) -> None:
    files = given(tmp_path, build=pin("setuptools==84.0", ONE))
    installed = [("pip", "23.0"), ("setuptools", "65.5")]
    assert unpinned(".venv", installed, files) == []
    told = unpinned(".venv-linkkit", installed, files)
    assert told == [".venv-linkkit: setuptools 65.5 is installed, 84.0 is pinned"]


# The index


def file(name: str, digest: str, day: int, yanked: object = False) -> dict[str, Any]:
    time = f"2026-03-{day:02}T23:30:00.000000Z"
    hashes = {"sha256": digest}
    return {"filename": name, "hashes": hashes, "upload-time": time, "yanked": yanked}


def test_a_release_is_its_wheels_and_source_archives() -> None:
    releases = releases_of(
        [
            file("crcmod-1.7.tar.gz", ONE, 5),
            file("crcmod-1.7-py3-none-any.whl", TWO, 4),
            file("crcmod-1.7.win32-py2.6.msi", "3" * 64, 1),
            file("crcmod-1.8.tar.gz", "4" * 64, 6),
        ]
    )
    assert releases[Version("1.7")] == Release(
        Version("1.7"), frozenset({ONE, TWO}), date(2026, 3, 4)
    )
    assert set(releases) == {Version("1.7"), Version("1.8")}


def test_a_release_is_withdrawn_when_all_its_files_are() -> None:
    files = [file("a-1.tar.gz", ONE, 1, "broken"), file("a-1-py3-none-any.whl", TWO, 1, "broken")]
    assert releases_of(files)[Version("1")].yanked == "broken"
    files[1]["yanked"] = False
    assert releases_of(files)[Version("1")].yanked == ""


def test_an_index_that_tells_no_dates_is_refused() -> None:
    untold = file("a-1.tar.gz", ONE, 1)
    del untold["upload-time"]
    with pytest.raises(RegistryError, match="upload-time"):
        releases_of([untold])


class Index:
    """Knows h11 and aiohttp; keeps what it was asked about."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def release(self, name: str, version: str) -> Release:
        self.asked.append(name)
        if name not in {"h11", "aiohttp"}:
            raise RegistryError(f"{name}: no such release")
        return Release(Version(version), frozenset({ONE, TWO}), DAY)


def test_only_new_pins_are_asked_about_and_all_else_in_the_files_is_kept(tmp_path: Path) -> None:
    run = "# Direct\n" + pin("aiohttp==3.14.5", ONE) + "h11==0.16.0\n\n# Pulled in\n"
    root = directory_with(tmp_path, run=run)
    write_dates({("aiohttp", "3.14.5"): DAY, ("gunicorn", "27.0.1"): DAY}, root)
    index = Index()
    assert list(renew(root, index)) == [("h11", "0.16.0")]
    assert index.asked == ["h11"]
    expected = run.replace("h11==0.16.0\n", pin("h11==0.16.0", ONE, TWO))
    assert (root / "requirements.txt").read_text() == expected
    assert set(read_dates(root)) == {("aiohttp", "3.14.5"), ("h11", "0.16.0")}
    assert problems_of(all_files(root), read_dates(root)) == []


def test_a_raised_pin_gets_the_hashes_of_its_new_release(tmp_path: Path) -> None:
    root = directory_with(tmp_path, run=pin("h11==0.17.0", "9" * 64))
    write_dates({("h11", "0.16.0"): DAY}, root)
    renew(root, Index())
    assert by_key(all_files(root))["h11", "0.17.0"].hashes == {ONE, TWO}


def test_every_pin_is_asked_about_when_wished(tmp_path: Path) -> None:
    root = directory_with(tmp_path, run=pin("h11==0.16.0", "9" * 64))
    write_dates({("h11", "0.16.0"): DAY}, root)
    renew(root, Index())
    assert by_key(all_files(root))["h11", "0.16.0"].hashes == {"9" * 64}
    renew(root, Index(), every=True)
    assert by_key(all_files(root))["h11", "0.16.0"].hashes == {ONE, TWO}


def test_nothing_is_written_when_one_is_unknown(tmp_path: Path) -> None:
    root = directory_with(tmp_path, run="h11==0.16.0\nhl1==0.16.0\n")
    with pytest.raises(RegistryError, match="no such release"):
        renew(root, Index())
    assert (root / "requirements.txt").read_text() == "h11==0.16.0\nhl1==0.16.0\n"


def test_ages_are_told_the_newest_first() -> None:
    dates = {("h11", "0.16.0"): date(2025, 4, 24), ("aiohttp", "3.14.5"): date(2026, 10, 11)}
    assert age_lines(dates, date(2026, 11, 30)) == [
        "    50 days  2026-10-11  aiohttp 3.14.5",
        "   585 days  2025-04-24  h11 0.16.0",
    ]
