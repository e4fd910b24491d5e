"""Rules of the rooms that import-linter's contracts do not state."""

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest
from django.conf import settings

from tests.rooms import own_apps

ROOMS = sorted({"protocol"} | {app.name for app in own_apps()})
# Modules of Django that belong to pages and answers.
_OF_ADAPTERS = ("django.http", "django.forms", "django.template", "django.shortcuts")
LONGEST_FILE, LONGEST_FUNCTION = 300, 50

Graph = Mapping[str, set[str]]


def circle(graph: Graph) -> list[str]:
    """One circle of modules, if there is any."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def sources() -> Iterator[Path]:
    for room in ROOMS:
        for path in (settings.BASE_DIR / room).rglob("*.py"):
            if "migrations" not in path.parts:
                yield path


def test_a_circle_is_found() -> None:
    assert set(circle({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}})) == {"b", "c"}


def test_no_modules_import_each_other() -> None:
    graph = grimp.build_graph(*ROOMS, cache_dir=None)
    assert len(graph.modules) > 400
    modules = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    assert circle(modules) == []


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("room", ROOMS)
def test_operations_know_no_pages(room: str) -> None:
    files = [path for path in sources() if path.is_relative_to(settings.BASE_DIR / room)]
    for path in files:
        if "operations" in path.with_suffix("").parts:
            known = [name for name in imported(path) if name.startswith(_OF_ADAPTERS)]
            assert known == [], path


def test_files_and_functions_stay_short() -> None:
    for path in sources():
        text = path.read_text()
        assert len(text.splitlines()) <= LONGEST_FILE, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                assert length <= LONGEST_FUNCTION, f"{path}: {node.name}"
