"""As much YAML as the files in deploy/compose use; anything else is an error.

Mappings and sequences by indentation, plain and double-quoted scalars, sequences of the JSON kind,
and `>-` for text over several lines. Comments have lines of their own or none.
"""

import json
import re
from typing import Any

_KEY = re.compile(r"([\w.-]+):(?: (.*))?$")
Line = tuple[int, str]


class UnsupportedError(ValueError):
    pass


def load(text: str) -> Any:
    lines = [
        (len(line) - len(line.lstrip()), line.strip())
        for line in text.splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]
    value, rest = _block(lines)
    if rest:
        raise UnsupportedError(rest[0][1])
    return value


def _block(lines: list[Line]) -> tuple[Any, list[Line]]:
    return (_sequence if lines[0][1].startswith("- ") else _mapping)(lines)


def _mapping(lines: list[Line]) -> tuple[dict[str, Any], list[Line]]:
    indent, result = lines[0][0], dict[str, Any]()
    while lines and lines[0][0] == indent:
        found = _KEY.match(lines[0][1])
        if not found or found[1] in result:
            raise UnsupportedError(lines[0][1])
        result[found[1]], lines = _value(found[2], indent, lines[1:])
    return result, lines


def _sequence(lines: list[Line]) -> tuple[list[Any], list[Line]]:
    indent, result = lines[0][0], list[Any]()
    while lines and lines[0][0] == indent and lines[0][1].startswith("- "):
        item = lines[0][1][2:]
        if _KEY.match(item):  # a mapping that begins beside the dash
            value, lines = _mapping([(indent + 2, item), *lines[1:]])
        else:
            value, lines = _value(item, indent, lines[1:])
        result.append(value)
    return result, lines


def _value(given: str | None, indent: int, lines: list[Line]) -> tuple[Any, list[Line]]:
    if given == ">-":
        inner = next((n for n, line in enumerate(lines) if line[0] <= indent), len(lines))
        return " ".join(line for _, line in lines[:inner]), lines[inner:]
    if given:
        return _scalar(given), lines
    if lines and lines[0][0] > indent:
        return _block(lines)
    return None, lines


def _scalar(text: str) -> Any:
    if text[0] in '["':
        return json.loads(text)
    if text[0] in "&*!|>{'%@`" or ": " in text or " #" in text:
        raise UnsupportedError(text)
    if text in {"true", "false"}:
        return text == "true"
    return int(text) if re.fullmatch(r"\d+", text) else text
