"""An uploaded file as rows: CSV in any of its dialects, or XLSX. Nothing in it can raise but
OperationError, whose words are for the operator."""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from django.utils.translation import gettext as _

from common.errors import OperationError
from imports.batches.budget import Budget
from imports.batches.cells import Table
from imports.batches.columns import Columns, columns_of, is_known
from imports.batches.csv_text import read_text
from imports.batches.problems import DEVICE_NAME, Note, Problem
from imports.batches.rows import Row, row_of
from imports.batches.xlsx import read_workbook

MOST_ROWS = 100_000
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_POSITIONAL = Columns(device_name=0, nickname=1, width=2, notes=(Note("no_header"),))


@dataclass(frozen=True, slots=True)
class Reading:
    """`columns` are the names of the cells in `Row.others`."""

    rows: list[Row]
    columns: list[str]
    notes: list[Note]

    @property
    def bad(self) -> int:
        return sum(1 for row in self.rows if row.problems)


def read_file(file: bytes | IO[bytes], largest: int, budget: Budget | None = None) -> Reading:
    """Every row, with what is wrong with it by itself or against the others of the file.

    A file that is open is read piece by piece. `largest` is what it may measure, in bytes; what is
    kept of it comes out of `budget`.
    """
    kept = budget or Budget()
    table = read_table(opened(file, largest), largest, kept)
    numbered = ((n, cells) for n, cells in enumerate(table.rows, 1) if any(map(str.strip, cells)))
    first = next(numbered, None)
    if first is None:
        raise OperationError(_("The file is empty."), field="file")
    columns = columns_of(first[1])
    notes = [*table.notes, *(columns or _POSITIONAL).notes]
    rows, surplus = _read_rows(numbered, columns or _POSITIONAL, None if columns else first, kept)
    if surplus and columns:
        notes.append(Note("surplus_cells", {"count": surplus}))
    mark_repeated(rows)
    return Reading(rows, list(columns.kept_names) if columns else [], notes)


def opened(file: bytes | IO[bytes], largest: int) -> IO[bytes]:
    """The file at its beginning; raises OperationError when it is larger than that."""
    stream = io.BytesIO(file) if isinstance(file, bytes) else file
    if stream.seek(0, io.SEEK_END) > largest:
        raise OperationError(
            _("The file is larger than %(size)s MB. Split it.") % {"size": largest >> 20},
            field="file",
        )
    stream.seek(0)
    return stream


def read_table(
    file: IO[bytes], largest: int, budget: Budget, known: Callable[[str], bool] = is_known
) -> Table:
    """The rows of a file of any kind; `known` tells a header of ours, `largest` is in bytes."""
    start = file.read(len(_ZIP))
    if start == _ZIP:
        return read_workbook(file, largest, budget)
    if start == _OLE:
        raise OperationError(
            _("This is an old or a password-protected workbook. Save it as XLSX or CSV."),
            field="file",
        )
    return read_text(file, known)


def _read_rows(
    numbered: Iterator[tuple[int, list[str]]],
    columns: Columns,
    first: tuple[int, list[str]] | None,
    budget: Budget,
) -> tuple[list[Row], int]:
    """The rows, and how many of them have cells beyond the header; `first` was data already."""
    rows = [_row(*first, columns)] if first else []
    surplus = 0
    for number, cells in numbered:
        if len(rows) == MOST_ROWS:
            raise _too_many()
        row = _row(number, cells, columns)
        budget.spend(row.size)
        rows.append(row)
        surplus += any(map(str.strip, cells[columns.width :]))
    if not rows:
        raise OperationError(
            _("The file has a header but no data. Data starts in the second row."),
            field="file",
        )
    return rows, surplus


def _row(number: int, cells: Sequence[str], columns: Columns) -> Row:
    def cell(position: int | None) -> str:
        return cells[position] if position is not None and position < len(cells) else ""

    others = [cell(position) for position in columns.kept]
    return row_of(number, cell(columns.device_name), cell(columns.nickname), others)


def mark_repeated(rows: Sequence[Row]) -> None:
    """Add to each row whose DeviceName stands further up that it does."""
    seen: dict[str, int] = {}
    for row in rows:
        earlier = seen.setdefault(row.device_name, row.number)
        if earlier != row.number and row.device_name:
            row.problems.append(Problem(DEVICE_NAME, "repeated", {"row": earlier}))


def _too_many() -> OperationError:
    return OperationError(
        _("The file has more than %(most)s rows. Split it.") % {"most": f"{MOST_ROWS:,}"},
        field="file",
    )
