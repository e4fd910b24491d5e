"""CSV files sent while they are made, and safe to open in a spreadsheet."""

import csv
from collections.abc import Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse

# A cell that begins with one of these is a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Tells a spreadsheet that what follows is UTF-8.
_MARK = "\ufeff"
_ROWS_AT_ONCE = 200


def csv_safe(cell: str) -> str:
    """`cell` as text to a spreadsheet: behind an apostrophe where it would be a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def csv_download(
    name: str, rows: Iterable[Sequence[object]], *, for_people: bool
) -> StreamingHttpResponse:
    """Send `rows` as the file `name`.

    `for_people` it opens well in a spreadsheet and no cell is taken for a formula; for programs
    every cell is exactly what it is, and the caller knows that no cell can be a formula.
    """
    response = StreamingHttpResponse(
        _encoded(rows, for_people), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


class _Echo:
    """What the csv module writes a line to, and gets back."""

    def write(self, line: str) -> str:
        return line


def _encoded(rows: Iterable[Sequence[object]], for_people: bool) -> Iterator[bytes]:
    writer = csv.writer(_Echo())
    lines = [_MARK] if for_people else []
    for row in rows:
        cells = map(str, row)
        lines.append(writer.writerow(map(csv_safe, cells) if for_people else cells))
        if len(lines) >= _ROWS_AT_ONCE:
            yield "".join(lines).encode()
            lines.clear()
    yield "".join(lines).encode()
