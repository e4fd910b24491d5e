"""Files as operators upload them."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

import openpyxl

MEGABYTE = 1 << 20


def workbook(rows: Iterable[Sequence[Any]], *, sheets: Sequence[str] = ("Devices",)) -> bytes:
    """XLSX with `rows` in the first sheet."""
    book = openpyxl.Workbook()
    book.active.title = sheets[0]
    for row in rows:
        book.active.append(row)
    for name in sheets[1:]:
        book.create_sheet(name)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def replaced(content: bytes, member: str, text: bytes) -> bytes:
    """The same workbook with one of its files replaced."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(written, "w", 8) as new:
        for name in old.namelist():
            new.writestr(name, text if name == member else old.read(name))
    return written.getvalue()
