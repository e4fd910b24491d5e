"""The catalogue of translations, and a fresh one extracted from the sources."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = Path("locale/zh_Hans/LC_MESSAGES/django.po")
# Where words for operators are.
SOURCES = ("common", "devices", "iotconsole", "operators", "products", "registration", "templates")

# Context, message, plural.
Key = tuple[str, str, str]


def committed() -> polib.POFile:
    return polib.pofile(str(ROOT / CATALOGUE))


def extracted(directory: Path) -> polib.POFile:
    """What `make messages` makes of the sources and the committed catalogue, in `directory`."""
    if shutil.which("xgettext") is None:
        pytest.skip("no xgettext: `apt install gettext`")
    for source in (*SOURCES, "locale"):
        shutil.copytree(ROOT / source, directory / source)
    shutil.copy(ROOT / "manage.py", directory)
    run = subprocess.run(
        [sys.executable, "manage.py", "makemessages", "--locale", "zh_Hans", "--no-obsolete"],
        # The copy's own modules come first; the settings of the tests come from here.
        env={**os.environ, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "tests.settings"},
        cwd=directory,
        check=False,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    return polib.pofile(str(directory / CATALOGUE))


def keys(catalogue: polib.POFile) -> set[Key]:
    return {key(entry) for entry in catalogue}


def key(entry: polib.POEntry) -> Key:
    return entry.msgctxt or "", entry.msgid, entry.msgid_plural


def translations(entry: polib.POEntry | polib.MOEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
