"""Uploaded workbooks (XLSX): the rows of the first sheet."""

import io
import logging
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import openpyxl
from django.utils.translation import gettext as _

from devices.batches.cells import MOST_COLUMNS, Spoilt, Table
from devices.batches.problems import Note
from iotconsole.kit.errors import OperationError

logger = logging.getLogger(__name__)

# A workbook is a ZIP of XML. Inside it may be this many times as large as a file is allowed to be;
# zipfile reads no more of a member than its header declares.
_EXPANSION = 4
# The last row of a spreadsheet; whoever claims one beyond it wants us to count to it.
_LAST_ROW = 1_048_576
# A spreadsheet keeps 15 digits of a number and turns the others into zeros.
_EXACT_BELOW = 10**15


def read_workbook(content: bytes, largest: int) -> Table:
    """`largest` is what a file may measure, in bytes; raises OperationError."""
    try:
        if _expanded(content) > largest * _EXPANSION:
            raise _unreadable(_("it unpacks to far more than such a file can need"))
        book = openpyxl.load_workbook(
            io.BytesIO(content), read_only=True, data_only=True, keep_links=False
        )
        sheet = book.worksheets[0]
    except OperationError:
        raise
    # Whatever is wrong inside, openpyxl meets it with whatever exception it happens upon.
    except Exception as error:
        raise _unreadable(type(error).__name__) from error
    names = book.sheetnames
    notes = [Note("more_sheets", {"count": len(names), "name": names[0]})] if names[1:] else []
    return Table(_rows(sheet), notes)


def _expanded(content: bytes) -> int:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return sum(member.file_size for member in packed.infolist())


def _rows(sheet: Any) -> Iterator[list[str]]:
    rows = sheet.iter_rows(max_row=_LAST_ROW, max_col=MOST_COLUMNS)
    while True:
        try:
            row = next(rows, None)
        except Exception as error:  # the sheet is parsed as it is read; see above
            raise _unreadable(type(error).__name__) from error
        if row is None:
            return
        yield [_text(cell) for cell in row]


def _text(cell: Any) -> str:
    """What an operator sees in the cell, or what the spreadsheet has made of it."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        return Spoilt.by("error", value) if cell.data_type == "e" else value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return _number(value, str(cell.number_format))
    if isinstance(value, (date, datetime, time, timedelta)):
        return Spoilt.by("date", str(value))
    return str(value)


def _number(value: float, shown_as: str) -> str:
    """All digits of a whole number; a format like 000000 keeps its zeros in front."""
    if abs(value) >= _EXACT_BELOW or value != value:
        return Spoilt.by("rounded", f"{value:.15g}")
    if value != int(value):
        return f"{value:.15g}"
    digits = str(int(value))
    return digits.zfill(len(shown_as)) if set(shown_as) == {"0"} else digits


def _unreadable(why: str) -> OperationError:
    # The reason is of use to whoever looks after the server, not to whoever uploads.
    logger.info("a workbook was refused: %s", why)
    return OperationError(
        _("The workbook cannot be read. Open it, save it as XLSX or CSV, and upload it again."),
        field="file",
    )
