"""Tables of products and devices: CSV in any of its dialects, or XLSX."""

from collections.abc import Iterator, Mapping, Sequence
from typing import IO

from django.utils.translation import gettext as _

from common.errors import OperationError
from imports.batches.budget import Budget
from imports.batches.cells import Spoilt, exact, tidy
from imports.batches.reading import read_table
from imports.fleet.columns import NEEDED, SECRET, column_of, is_known
from imports.fleet.problems import Note
from imports.fleet.records import Record

_SHOWN = 200


def table_records(
    content: IO[bytes], place: tuple[int, str], largest: int, budget: Budget, notes: list[Note]
) -> Iterator[Record]:
    """One record per row; what is peculiar about the file goes into `notes`. `place` is its number
    and name.

    Raises OperationError, which names the file, when it cannot be read at all.
    """
    file, name = place
    table = read_table(content, largest, budget, is_known)
    numbered = ((n, cells) for n, cells in enumerate(table.rows, 1) if any(map(str.strip, cells)))
    header = next(numbered, None)
    if header is None:
        raise OperationError(_("The file is empty."), field="file")
    columns = _columns(header[1])
    notes += [Note(name, note.key, note.facts) for note in table.notes]
    notes += _header_notes(name, header[1], columns)
    for row, cells in numbered:
        yield Record(file, row, _cells(columns, cells))


def _columns(header: Sequence[str]) -> Mapping[int, str]:
    """The column at each position that means something; of repeated ones the first."""
    found: dict[int, str] = {}
    for position, cell in enumerate(header):
        column = column_of(cell)
        if column and column not in found.values():
            found[position] = column
    if not set(NEEDED) & set(found.values()):
        shown = ", ".join(cell for cell in map(tidy, header) if cell)[:_SHOWN]
        raise OperationError(
            _(
                "There is no ProductKey or DeviceName column. The first row must name the "
                "columns; it is: %(found)s."
            )
            % {"found": shown or "—"},
            field="file",
        )
    return found


def _header_notes(name: str, header: Sequence[str], columns: Mapping[int, str]) -> Iterator[Note]:
    others = [n for n in range(len(header)) if n not in columns and tidy(header[n])]
    repeated = [tidy(header[n]) for n in others if is_known(header[n])]
    unknown = [tidy(header[n]) for n in others if not is_known(header[n])]
    if repeated:
        yield Note(name, "repeated_columns", {"names": ", ".join(repeated)})
    if unknown:
        yield Note(name, "unknown_columns", {"names": ", ".join(unknown)})


def _cells(columns: Mapping[int, str], cells: Sequence[str]) -> dict[str, str]:
    found = {}
    for position, column in columns.items():
        if position < len(cells) and (cell := cells[position]):
            text = exact(cell) if column in SECRET else tidy(cell)
            value = Spoilt.by(cell.key, text) if isinstance(cell, Spoilt) else text
            if value:
                found[column] = value
    return found
