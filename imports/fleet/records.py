"""One product or one device of a fleet, put together from every row that tells of it."""

import enum
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from common.crypto.encrypted_fields import decrypt_bytes, encrypt_bytes
from imports.fleet.columns import DEVICE_NAME, PRODUCT_KEY, masked
from imports.fleet.problems import Problem

# Of one item: what is wrong a hundred times is told often enough.
MOST_PROBLEMS = 10
# Bytes of memory that a problem takes.
PROBLEM_SIZE = 250


class ItemKind(enum.StrEnum):
    PRODUCT = "p"
    DEVICE = "d"
    ROW = "r"  # a row that names neither


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a table or one object of an answer: its cells by column, empty ones left out."""

    file: int
    row: int
    cells: Mapping[str, str] = field(repr=False)


@dataclass(slots=True)
class IssuedClientId:
    """A ClientID with its DeviceToken, empty where it is not known; `created` is in ISO 8601."""

    client_id: str
    token: str = field(repr=False)
    file: int
    row: int
    created: str = ""

    def as_data(self) -> list[Any]:
        return [self.client_id, self.token, self.file, self.row, self.created]


@dataclass(slots=True)
class Item:
    """`facts` are its values by column; `file` and `row` are where it stands first."""

    kind: ItemKind
    file: int
    row: int
    facts: dict[str, str] = field(repr=False)
    # Of most of a hundred thousand there are none: an empty list would take as much as a name.
    client_ids: tuple[IssuedClientId, ...] = field(default=(), repr=False)
    problems: tuple[Problem, ...] = ()

    def __getitem__(self, column: str) -> str:
        return self.facts.get(column, "")

    @property
    def product_key(self) -> str:
        return self[PRODUCT_KEY]

    @property
    def name(self) -> tuple[str, str]:
        """ProductKey and DeviceName."""
        return self[PRODUCT_KEY], self[DEVICE_NAME]

    @property
    def bad(self) -> bool:
        return any(not problem.warning for problem in self.problems)

    def complain(
        self, column: str, key: str, record: Record | None = None, /, **facts: Any
    ) -> None:
        """Add a problem with its value for `column`, which stands in `record` if one is given."""
        value = record.cells.get(column, "") if record else self[column]
        where = (record.file, record.row) if record else (self.file, self.row)
        self.note(Problem(column, key, *where, masked(column, value), facts))

    def note(self, problem: Problem) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems = (*self.problems, problem)

    def as_data(self) -> list[Any]:
        """For JSON; short, because there are a hundred thousand."""
        issued = [each.as_data() for each in self.client_ids]
        problems = [problem.as_data() for problem in self.problems]
        return [self.kind, self.file, self.row, self.facts, issued, problems]

    @classmethod
    def from_data(cls, data: list[Any]) -> "Item":
        kind, file, row, facts, issued, problems = data
        client_ids = tuple(IssuedClientId(*each) for each in issued)
        found = tuple(Problem(*each) for each in problems)
        return cls(ItemKind(kind), file, row, facts, client_ids, found)


def pack(items: Iterable[Item]) -> bytes:
    """For the database: compressed, then encrypted, because there are secrets among it."""
    data = [item.as_data() for item in items]
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return encrypt_bytes(zlib.compress(text.encode(), 1))


def unpack(payload: bytes) -> list[Item]:
    """Raises DecryptionError when FIELD_KEYS have lost the key."""
    return [Item.from_data(data) for data in json.loads(zlib.decompress(decrypt_bytes(payload)))]
