"""One row of an uploaded file, and the rules it has to keep."""

import json
import re
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from common.crypto.encrypted_fields import decrypt_bytes, encrypt_bytes
from devices.operations.add import is_nickname
from imports.batches.cells import Spoilt, tidy
from imports.batches.problems import DEVICE_NAME, NICKNAME, Problem
from products.operations.manage import wide_length
from protocol.validators import is_device_name

SHORTEST_NAME, LONGEST_NAME = 4, 32
# 8.6E+14: a mantissa with a point, or an exponent with a sign. 1E10 may be a serial number.
SCIENTIFIC = re.compile(r"\d+[.,]\d+[eE][+-]?\d+|\d+[eE][+-]\d+")
_FOREIGN = re.compile(r"[^A-Za-z0-9\-_@.:]")
_FOREIGN_TO_NICKNAMES = re.compile(r"[^\w\- ]", re.UNICODE)
_MOST_NAMED = 5
# The first byte of what zlib makes; what is encrypted begins with a "2", or once with a "g".
_COMPRESSED = b"\x78"


# Stands before each of the cells that are kept together, and in none: cells.tidy replaces it.
_MARK = "\x1f"
# Bytes of memory that a row takes without its texts, and each of its problems.
_ROW_SIZE, _PROBLEM_SIZE = 250, 250


@dataclass(slots=True)
class Row:
    """`number` counts as the spreadsheet does; `kept` are cells only the report shows again.

    `sn` and `device_secret` are those of a device that is imported; they never leave in a report.
    """

    number: int
    device_name: str
    nickname: str = ""
    kept: str = ""
    problems: list[Problem] = field(default_factory=list)
    sn: str = ""
    device_secret: str = field(default="", repr=False)

    @property
    def others(self) -> list[str]:
        """The cells of `kept`."""
        return self.kept.split(_MARK)[1:]

    @property
    def size(self) -> int:
        """Bytes of memory."""
        texts = (self.device_name, self.nickname, self.kept)
        return _ROW_SIZE + _PROBLEM_SIZE * len(self.problems) + sum(map(sys.getsizeof, texts))

    def as_data(self) -> list[Any]:
        """For JSON; short, because there are a hundred thousand."""
        problems = [[p.column, p.key, dict(p.facts)] for p in self.problems]
        imported = [self.sn, self.device_secret] if self.sn or self.device_secret else []
        return [self.number, self.device_name, self.nickname, self.others, problems, *imported]

    @classmethod
    def from_data(cls, data: list[Any]) -> "Row":
        number, device_name, nickname, others, problems, *imported = data
        found = [Problem(*each) for each in problems]
        return cls(number, device_name, nickname, _kept(others), found, *imported)

    def wrong(self, column: str) -> set[str]:
        """Which of problems.PROBLEMS its value for the column has."""
        return {problem.key for problem in self.problems if problem.column == column}

    def value(self, column: str) -> str:
        return self.device_name if column == DEVICE_NAME else self.nickname


def check(row: Row, name_cell: str) -> None:
    """Add what is wrong with the row by itself; `name_cell` is its DeviceName as it was read."""
    row.problems += name_problems(row.device_name, getattr(name_cell, "key", ""))
    if row.nickname and not is_nickname(row.nickname):
        row.problems.append(nickname_problem(row.nickname))


def name_problems(name: str, spoilt: str) -> Iterator[Problem]:
    """Problems of a DeviceName by itself; `spoilt` is what a spreadsheet did to it, if anything."""
    if spoilt:
        yield Problem(DEVICE_NAME, spoilt)
    elif not name:
        yield Problem(DEVICE_NAME, "missing")
    elif SCIENTIFIC.fullmatch(name):
        yield Problem(DEVICE_NAME, "scientific")
    elif not is_device_name(name):
        yield broken_rule(name)


def broken_rule(name: str) -> Problem:
    """Return the problem of a DeviceName that breaks the rule."""
    if _FOREIGN.search(name):
        return Problem(DEVICE_NAME, "characters", _found(_FOREIGN, name))
    key = "short" if len(name) < SHORTEST_NAME else "long"
    return Problem(DEVICE_NAME, key, {"length": len(name)})


def nickname_problem(nickname: str) -> Problem:
    """Return the problem of an alias that breaks the rule."""
    if _FOREIGN_TO_NICKNAMES.search(nickname):
        return Problem(NICKNAME, "nickname_characters", _found(_FOREIGN_TO_NICKNAMES, nickname))
    return Problem(NICKNAME, "nickname_length", {"length": wide_length(nickname)})


def _found(foreign: re.Pattern[str], text: str) -> Mapping[str, str]:
    """The foreign characters, each once; by number where they cannot be seen."""
    found = dict.fromkeys(foreign.findall(text))
    shown = [c if c.isprintable() and not c.isspace() else f"U+{ord(c):04X}" for c in found]
    more = [] if len(shown) <= _MOST_NAMED else ["…"]
    return {"found": " ".join(shown[:_MOST_NAMED] + more)}


def row_of(number: int, name_cell: str, nickname: str, others: list[str]) -> Row:
    """The row, tidied and checked by itself."""
    name = str(name_cell) if isinstance(name_cell, Spoilt) else tidy(name_cell)
    row = Row(number, tidy(name), tidy(nickname), _kept(map(tidy, others)))
    check(row, name_cell)
    return row


def _kept(cells: Iterable[str]) -> str:
    return "".join(_MARK + cell for cell in cells)


def pack(rows: Sequence[Row]) -> bytes:
    """For the database: compressed, because lists are long and much alike; with a DeviceSecret
    among it, encrypted."""
    data = [row.as_data() for row in rows]
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    packed = zlib.compress(text.encode())
    return encrypt_bytes(packed) if any(row.device_secret for row in rows) else packed


def unpack(payload: bytes) -> list[Row]:
    """Raises DecryptionError when FIELD_KEYS have lost the key."""
    packed = decrypt_bytes(payload) if is_sealed(payload) else payload
    return [Row.from_data(data) for data in json.loads(zlib.decompress(packed))]


def is_sealed(payload: bytes) -> bool:
    """Whether `pack` has encrypted it."""
    return not payload.startswith(_COMPRESSED)
