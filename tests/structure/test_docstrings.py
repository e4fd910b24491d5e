"""Check that a docstring's first line begins with a noun or a verb, not with a relative word."""

import ast
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

ROOT: Path = settings.BASE_DIR
# A migration's text stays as it was applied; the others are not in the repository.
_SKIPPED = {"__pycache__", "migrations", "node_modules", "var"}
_FORBIDDEN = re.compile(r"(?:What|Whoever|Whatever|Of|Nor|Who|Whose)\b")


@cache
def files() -> tuple[str, ...]:
    """The paths of the repository's Python files, relative to its root."""
    found: list[str] = []
    for directory, names, contents in os.walk(ROOT):
        names[:] = [n for n in names if n not in _SKIPPED and not n.startswith(".")]
        paths = (Path(directory) / name for name in contents if name.endswith(".py"))
        found += [path.relative_to(ROOT).as_posix() for path in paths]
    return tuple(sorted(found))


def rooms() -> list[str]:
    """The top-level directories with Python files, and Python files at the root."""
    return sorted({file.partition("/")[0] for file in files()})


def faults(file: str, text: str) -> Iterator[str]:
    """Yield file, line and first line of each docstring in `text` that breaks the rule."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        docstring = ast.get_docstring(node)
        if docstring and _FORBIDDEN.match(docstring):
            yield f"{file}:{node.body[0].lineno}: {docstring.splitlines()[0]}"


@pytest.mark.parametrize("room", rooms())
def test_first_lines_say_what_a_thing_is_or_does(room: str) -> None:
    own = (file for file in files() if file.partition("/")[0] == room)
    found = [fault for file in own for fault in faults(file, (ROOT / file).read_text("utf-8"))]
    assert not found, "\n".join(found)


def test_all_rooms_are_checked() -> None:
    assert {"bench", "devices", "mqtt", "protocol", "tests"} <= set(rooms())
    assert "tests/structure/test_docstrings.py" in files()


SOURCE = '''"""{0} a module is for."""

class Lamp:
    """{0} shines."""

    async def shine(self):
        """
        {0} it does.

        More.
        """

def lamp():
    """{0} a product."""
'''


@pytest.mark.parametrize("word", ["What", "Whoever", "Whatever", "Of", "Nor", "Who", "Whose"])
def test_every_kind_of_docstring_is_found(word: str) -> None:
    assert sorted(faults("lamp.py", SOURCE.format(word))) == [
        f"lamp.py:14: {word} a product.",
        f"lamp.py:1: {word} a module is for.",
        f"lamp.py:4: {word} shines.",
        f"lamp.py:7: {word} it does.",
    ]


@pytest.mark.parametrize("text", [SOURCE.format("Offset"), '"""A lamp. What it does."""', "x = 1"])
def test_other_text_is_left_alone(text: str) -> None:
    assert not list(faults("lamp.py", text))
