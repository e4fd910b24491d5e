"""The protocol core imports itself and a few I/O-free modules of the standard library."""

import ast
from collections.abc import Iterator
from pathlib import Path

import protocol

PURE = {
    "base64",
    "collections",
    "dataclasses",
    "datetime",
    "enum",
    "functools",
    "hashlib",
    "hmac",
    "ipaddress",
    "itertools",
    "json",
    "re",
    "types",
    "typing",
    "urllib.parse",
}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def asked_of_the_clock(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text()))
    names = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return names & {"now", "utcnow", "today"}


def test_core_has_no_clock_no_io_and_no_framework() -> None:
    paths = list(Path(protocol.__path__[0]).glob("*.py"))
    assert len(paths) > 5
    for path in paths:
        for module in imported(path):
            own = module.startswith("protocol")
            assert own or not PURE.isdisjoint({module, module.split(".")[0]}), (
                f"{path.name} imports {module}"
            )
        assert not asked_of_the_clock(path), path.name
