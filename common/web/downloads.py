"""CSV files sent while they are made, and safe to open in a spreadsheet."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse

# A cell that begins with one of these is a formula to a spreadsheet. So are, to some, their wide,
# small, raised and lowered forms.
_WIDE = "\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u207a-\u207c\u208a-\u208c"
_FORMULA = rf"=+\-@{_WIDE}"
# What may stand before it in the cell: space, quotation marks, controls, what cannot be seen.
_BEFORE = (
    " \"'`\u2018\u2019\u201c\u201d\x00-\x08\x0e-\x1b\x7f-\x84\x86-\xa0\xad\u1680\u180e"
    "\u2000-\u200f\u202a-\u202f\u205f-\u206f\u3000\ufeff"
)
# Where one cell ends and another begins for a spreadsheet that divides lines otherwise than we do,
# or takes a line break in a cell for the end of the line.
_BETWEEN = ",;|\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029"
_FIRST = rf"(?=[{_BEFORE}]*+[{_FORMULA}\t\r\n])"
_FURTHER = rf"(?=[{_BEFORE}]*+[{_FORMULA}])"
_DANGEROUS = re.compile(rf"\A{_FIRST}|(?<=[{_BETWEEN}]){_FURTHER}")
_MADE_SAFE = re.compile(rf"\A'{_FIRST}|(?<=[{_BETWEEN}])'{_FURTHER}")
# Tells a spreadsheet that what follows is UTF-8.
_MARK = "\ufeff"
_ROWS_AT_ONCE = 200


def csv_safe(cell: str) -> str:
    """`cell` as text to a spreadsheet: an apostrophe before all that would begin a formula, in it
    or in the cells it falls into where lines are divided at a semicolon, comma, tab or bar."""
    return _DANGEROUS.sub("'", cell)


def csv_restored(cell: str) -> str:
    """Undo `csv_safe` exactly: remove one apostrophe at each of these places."""
    return _MADE_SAFE.sub("", cell)


def csv_download(
    name: str, rows: Iterable[Sequence[object]], *, for_people: bool
) -> StreamingHttpResponse:
    """Send `rows` as the file `name`, no cell of which is a formula.

    `for_people` it also opens well in a spreadsheet; for programs it begins with the first cell.
    """
    response = StreamingHttpResponse(
        _encoded(rows, for_people), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


class _Echo:
    """File object that returns each line the csv module writes."""

    def write(self, line: str) -> str:
        return line


def _encoded(rows: Iterable[Sequence[object]], for_people: bool) -> Iterator[bytes]:
    writer = csv.writer(_Echo())
    lines = [_MARK] if for_people else []
    for row in rows:
        lines.append(writer.writerow(csv_safe(str(cell)) for cell in row))
        if len(lines) >= _ROWS_AT_ONCE:
            yield "".join(lines).encode()
            lines.clear()
    yield "".join(lines).encode()
