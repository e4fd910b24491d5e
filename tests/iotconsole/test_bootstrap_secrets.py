"""Secrets of an installation: written once, for their owner, and never changed."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from iotconsole.bootstrap_secrets import ensure_secrets

NAMES = ["SECRET_KEY", "FIELD_KEYS", "CODE_DIGEST_KEY"]


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name)


def values(directory: Path) -> dict[str, str]:
    lines = (directory / "secrets.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def run(data_dir: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "iotconsole.bootstrap_secrets"],
        env={**os.environ, "DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_first_run_writes_all_secrets_for_the_owner_alone(tmp_path: Path) -> None:
    directory = tmp_path / "deep" / "var"
    assert ensure_secrets(directory) == NAMES
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((directory / "secrets.env").stat().st_mode) == 0o600
    found = values(directory)
    assert list(found) == NAMES
    assert len(found["SECRET_KEY"]) >= 50
    Fernet(found["FIELD_KEYS"])


def test_two_installations_share_no_secret(tmp_path: Path) -> None:
    ensure_secrets(tmp_path / "one")
    ensure_secrets(tmp_path / "two")
    one, two = values(tmp_path / "one"), values(tmp_path / "two")
    assert not set(one.values()) & set(two.values())
    assert len(set(one.values())) == len(NAMES)


def test_the_second_run_changes_nothing(tmp_path: Path) -> None:
    ensure_secrets(tmp_path)
    before = (tmp_path / "secrets.env").read_bytes()
    assert ensure_secrets(tmp_path) == []
    assert (tmp_path / "secrets.env").read_bytes() == before


def test_a_missing_secret_is_added_and_the_others_stay(tmp_path: Path) -> None:
    # Without a line end, as an editor may leave it.
    (tmp_path / "secrets.env").write_text("export SECRET_KEY=mine\nFIELD_KEYS=kept")
    assert ensure_secrets(tmp_path) == ["CODE_DIGEST_KEY"]
    written = (tmp_path / "secrets.env").read_text()
    assert re.match(r"export SECRET_KEY=mine\nFIELD_KEYS=kept\nCODE_DIGEST_KEY=.{40,}\n", written)


@pytest.mark.parametrize("suffix", ["", "_FILE"])
def test_what_the_environment_gives_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    for name in NAMES:
        monkeypatch.setenv(name + suffix, "given")
    assert ensure_secrets(tmp_path) == []
    assert not (tmp_path / "secrets.env").exists()


def test_the_directory_of_somebody_else_keeps_its_mode(tmp_path: Path) -> None:
    """DATA_DIR=/tmp, by mistake and as root, must not close /tmp to everybody."""
    tmp_path.chmod(0o755)
    ensure_secrets(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_the_command_names_the_file_and_shows_no_secret(tmp_path: Path) -> None:
    first = run(tmp_path)
    assert (first.returncode, first.stderr) == (0, "")
    assert str(tmp_path / "secrets.env") in first.stdout
    assert not any(value in first.stdout for value in values(tmp_path).values())
    assert run(tmp_path).stdout == ""


def test_a_directory_that_cannot_be_made_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = run(tmp_path / "file" / "var")
    assert refused.returncode == 1
    assert refused.stderr == f"DATA_DIR ({tmp_path}/file/var) cannot be used: Not a directory.\n"


def test_it_needs_neither_django_nor_its_settings(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; "
        "from iotconsole.bootstrap_secrets import ensure_secrets; "
        f"ensure_secrets(Path({str(tmp_path)!r})); "
        "print({name.split('.')[0] for name in sys.modules} & {'django', 'environ'})"
    )
    shown = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert shown.stdout == "set()\n"
