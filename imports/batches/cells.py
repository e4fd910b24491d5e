"""The cells of an uploaded table, whatever kind of file it came from."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from common.web.downloads import csv_restored
from imports.batches.problems import Note

# Longer cells are cut: no DeviceName or alias comes near, and what is shown stays bounded.
LONGEST_CELL = 256
MOST_COLUMNS = 50
# Of a spreadsheet, and so of any table.
LAST_ROW = 1_048_576

# What no cell of a text can mean, and PostgreSQL's JSON cannot hold; and halves of surrogate pairs,
# which JSON may name and no encoding has.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# Invisible, and carried along by copying from web pages: not space to str.strip().
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060"


class Spoilt(str):
    """A cell whose value the spreadsheet has changed; `key` is one of problems.PROBLEMS."""

    key: str

    @classmethod
    def by(cls, key: str, shown: str) -> "Spoilt":
        cell = cls(shown)
        cell.key = key
        return cell


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` yields every row of the file, empty ones too, so that their numbers can be told.

    It may raise OperationError on the way.
    """

    rows: Iterator[list[str]]
    notes: list[Note] = field(default_factory=list)


def trimmed(text: str) -> str:
    """Without surrounding space and controls."""
    text = text.strip().strip(_INVISIBLE).strip()
    return _CONTROL.sub("\ufffd", text[:LONGEST_CELL])


def exact(text: str) -> str:
    """The same of a cell in which an apostrophe may mean something, as in a secret: left out are
    only those that `csv_safe` put in when this server made the file."""
    return trimmed(csv_restored(text.strip().strip(_INVISIBLE).strip()))


def tidy(text: str) -> str:
    """The same, and without the apostrophe that marks text in spreadsheets."""
    return exact(text).removeprefix("'").strip()
