"""docs/settings.md lists every setting with its default."""

import ast
import re
from collections.abc import Iterator

import pytest
from django.conf import settings

DOCUMENT = (settings.BASE_DIR / "docs" / "settings.md").read_text()
SETTINGS = (settings.BASE_DIR / "iotconsole" / "settings.py").read_text()


@pytest.mark.parametrize("name", sorted(set(re.findall(r'env\.\w+\(\s*"(\w+)"', SETTINGS))))
def test_the_document_lists_every_setting(name: str) -> None:
    assert any(name in names for names, _ in rows())


def rows() -> Iterator[tuple[list[str], str]]:
    """Names and default of each line of the tables."""
    for line in DOCUMENT.splitlines():
        if line.startswith("| `"):
            names, default = (cell.strip() for cell in line.split("|")[1:3])
            yield re.findall(r"`([A-Z][A-Z0-9_]+)`", names), default


def literal_defaults() -> dict[str, object]:
    """Defaults that are plain values, by name of the setting."""
    found: dict[str, object] = {}
    for node in ast.walk(ast.parse(SETTINGS)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("env."):
            defaults = [each.value for each in node.keywords if each.arg == "default"]
            if defaults and isinstance(defaults[0], ast.Constant):
                name = node.args[0]
                assert isinstance(name, ast.Constant)
                found[str(name.value)] = defaults[0].value
    return found


def as_written(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)


def test_every_default_is_the_one_of_the_document() -> None:
    written: dict[str, str] = {}
    for names, default in rows():
        parts = [part.strip("` ") for part in default.split(", ")] if default else [""]
        if len(parts) == len(names):
            written |= dict(zip(names, parts, strict=True))
        elif default == "":
            written |= dict.fromkeys(names, "")
    known = literal_defaults()
    assert len(known) > 40
    wrong = {
        name: (written.get(name), as_written(default))
        for name, default in known.items()
        if written.get(name) != as_written(default)
    }
    # The document has it in words.
    assert wrong.pop("TWILIO_API_URL") == ("Twilio's", "")
    assert wrong == {}


def test_the_program_reads_every_setting_of_the_document() -> None:
    places = ("iotconsole/gunicorn_config.py", "common/ops/env.py")
    read = SETTINGS + "".join((settings.BASE_DIR / place).read_text() for place in places)
    for names, _ in rows():
        for name in names:
            assert f'"{name}"' in read, name
