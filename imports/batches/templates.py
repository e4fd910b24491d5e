"""The templates operators begin with (console_api.md 1.7)."""

import io
from functools import lru_cache

import openpyxl
from openpyxl.styles import Font

from imports.batches.problems import DEVICE_NAME, NICKNAME

_HEADER = (DEVICE_NAME, NICKNAME)
_TEXT = "@"


@lru_cache(maxsize=1)
def blank_workbook() -> bytes:
    """Both columns are text, so that no spreadsheet rounds an IMEI."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Devices"
    sheet.append(_HEADER)
    for letter, cell in zip("AB", sheet[1], strict=True):
        cell.font = Font(bold=True)
        sheet.column_dimensions[letter].width = 34
        sheet.column_dimensions[letter].number_format = _TEXT
    sheet.freeze_panes = "A2"
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def blank_rows() -> list[tuple[str, ...]]:
    """The same as rows of CSV."""
    return [_HEADER]
