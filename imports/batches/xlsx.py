"""Uploaded workbooks (XLSX): the rows of the first sheet.

Read piece by piece, and only the parts that the rows need. What a hostile file may take is bounded
everywhere: bytes unpacked, elements, cells, nesting, names, text and time.
"""

import logging
from collections.abc import Iterator
from typing import IO

from django.utils.translation import gettext as _

from common.errors import OperationError
from imports.batches.archive import Archive, UnreadableError
from imports.batches.budget import Budget
from imports.batches.cells import Table
from imports.batches.problems import Note
from imports.batches.sheet import Sheet
from imports.batches.xlsx_parts import Formats, Texts, Workbook, read_all
from imports.batches.xlsx_xml import Limits

logger = logging.getLogger(__name__)

# A workbook is an archive of XML. Inside it may be this many times as large as a file is allowed to
# be.
_EXPANSION = 4


def read_workbook(file: IO[bytes], largest: int, budget: Budget) -> Table:
    """`largest` is what a file may measure, in bytes; raises OperationError."""
    try:
        limits = Limits()
        archive = Archive(file, largest * _EXPANSION)
        workbook = Workbook(limits, archive)
        (name, path), *others = workbook.sheets()
        rows = _rows(archive, path, limits, workbook, budget)
    except OperationError:
        raise
    # Whatever is wrong inside, it is met with whatever exception it happens upon.
    except Exception as error:
        raise _unreadable(error) from error
    notes = [Note("more_sheets", {"count": len(others) + 1, "name": name})] if others else []
    return Table(rows, notes)


def _rows(
    archive: Archive, path: str, limits: Limits, workbook: Workbook, budget: Budget
) -> Iterator[list[str]]:
    """Yield the rows. The other parts are read when the first row is asked for."""
    try:
        texts, formats = Texts(limits, budget), Formats(limits)
        for part, kind in ((texts, "sharedStrings"), (formats, "styles")):
            name = workbook.relations.by_type.get(kind, "")
            if name in archive:
                read_all(part, archive, name)
        sheet = Sheet(limits, texts, list(formats), workbook.epoch)
        yield from sheet.rows(archive.pieces(path))
        texts.forget()
    except OperationError:
        raise
    except Exception as error:  # as above
        raise _unreadable(error) from error


def _unreadable(error: Exception) -> OperationError:
    # The reason is of use to whoever looks after the server, not to whoever uploads. What others'
    # exceptions say may quote the file.
    why = str(error) if isinstance(error, UnreadableError) else type(error).__name__
    logger.info("a workbook was refused: %s", why)
    return OperationError(
        _("The workbook cannot be read. Open it, save it as XLSX or CSV, and upload it again."),
        field="file",
    )
