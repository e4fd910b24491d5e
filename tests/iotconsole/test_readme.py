"""The README keeps its promises about names."""

import ast
import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.management import get_commands

README = (settings.BASE_DIR / "README.md").read_text()
SETTINGS = (settings.BASE_DIR / "iotconsole" / "settings.py").read_text()


@pytest.mark.parametrize("name", sorted(set(re.findall(r'env\.\w+\(\s*"(\w+)"', SETTINGS))))
def test_every_setting_stands_in_the_table(name: str) -> None:
    table = [line for line in README.splitlines() if line.startswith("| `")]
    assert any(f"`{name}`" in line.split("|")[1] for line in table)


def test_every_command_it_names_exists() -> None:
    named = set(re.findall(r"manage\.py ([a-z_]+)", README))
    assert named
    assert named <= set(get_commands())


def test_every_target_it_names_exists() -> None:
    makefile = (settings.BASE_DIR / "Makefile").read_text()
    for target in set(re.findall(r"`make ([a-z]+)`", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def rows() -> Iterator[tuple[list[str], str]]:
    """Names and defaults of each line of the table."""
    for line in README.splitlines():
        if line.startswith("| `"):
            names, default = (cell.strip() for cell in line.split("|")[1:3])
            yield re.findall(r"`([A-Z][A-Z0-9_]+)`", names), default


def literal_defaults() -> dict[str, object]:
    """The defaults of settings whose default is a plain value."""
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


def test_every_default_is_as_it_says() -> None:
    told: dict[str, str] = {}
    for names, default in rows():
        parts = [part.strip("` ") for part in default.split(", ")] if default else [""]
        if len(parts) == len(names):
            told |= dict(zip(names, parts, strict=True))
        elif default == "":
            told |= dict.fromkeys(names, "")
    known = literal_defaults()
    assert len(known) > 40
    wrong = {
        name: (told.get(name), as_written(default))
        for name, default in known.items()
        if told.get(name) != as_written(default)
    }
    # Told in words.
    assert wrong.pop("TWILIO_API_URL") == ("Twilio's", "")
    assert wrong == {}


def test_every_setting_of_the_table_is_read_somewhere() -> None:
    places = ("iotconsole/gunicorn_config.py", "common/ops/env.py")
    read = SETTINGS + "".join((settings.BASE_DIR / place).read_text() for place in places)
    for names, _ in rows():
        for name in names:
            assert f'"{name}"' in read, name
