"""The Makefile's words for a machine that lacks something, before anything is installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def make(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    shutil.copy("Makefile", directory)
    shutil.copy("requirements.txt", directory)
    return subprocess.run(
        ["make", *arguments], cwd=directory, capture_output=True, text=True, check=False
    )


def fake_python(directory: Path, script: str) -> str:
    file = directory / "fake-python"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return f"PYTHON={file}"


def test_an_old_python_is_refused_in_words(tmp_path: Path) -> None:
    old = fake_python(tmp_path, "exit 1")
    refused = make(tmp_path, "run", old)
    assert refused.returncode != 0
    assert "Python 3.11 or newer is needed" in refused.stderr
    assert not (tmp_path / ".venv").exists()


def test_a_python_without_venv_is_told_what_to_install(tmp_path: Path) -> None:
    bare = fake_python(tmp_path, 'case "$*" in *ensurepip*) exit 1;; esac')
    refused = make(tmp_path, "run", bare)
    assert refused.returncode != 0
    assert "apt install python3-venv" in refused.stderr
    assert not (tmp_path / ".venv").exists()


def test_make_alone_lists_what_can_be_made(tmp_path: Path) -> None:
    shown = make(tmp_path)
    assert shown.returncode == 0
    for target in ("run", "demo", "test", "check", "bench"):
        assert f"make {target} " in shown.stdout
