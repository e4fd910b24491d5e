"""Uploaded text: its encoding, its separator, its rows. Read piece by piece."""

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from typing import IO, cast

from django.utils.translation import gettext as _

from common.errors import OperationError
from imports.batches.cells import LAST_ROW, MOST_COLUMNS, Table
from imports.batches.columns import is_known
from imports.batches.problems import Note

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEPARATORS = (",", ";", "\t")
# Of the first row, to tell the separator by.
_LOOKED_AT = 4096
_PIECE = 256 * 1024
# Characters of one row: fifty cells of the longest that are kept come nowhere near.
_LONGEST_ROW = 256 * 1024


def read_text(file: IO[bytes], known: Callable[[str], bool] = is_known) -> Table:
    """`known` tells a header of ours; raises OperationError when it is no text."""
    encoding = _encoding(file)
    notes = [Note("gb18030")] if encoding == "gb18030" else []
    text = io.TextIOWrapper(cast("IO[bytes]", _Unowned(file)), encoding, newline="")
    text.seek(0)
    separator = _separator(text.read(_LOOKED_AT), known)
    text.seek(0)
    return Table(_rows(text, separator), notes)


def _encoding(file: IO[bytes]) -> str:
    file.seek(0)
    for encoding in _encodings(file.read(_LOOKED_AT)):
        if _is_text(file, encoding):
            return encoding
    raise OperationError(
        _("The file is neither text nor a workbook. Save it as CSV (UTF-8) or as XLSX."),
        field="file",
    )


def _is_text(file: IO[bytes], encoding: str) -> bool:
    """Whether all of it is text in this encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while piece := file.read(_PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _encodings(start: bytes) -> tuple[str, ...]:
    """Yield the encodings to try, in order. Latin text has NULs if every letter takes two."""
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return (encoding,)
    if b"\0" in start:
        return ("utf-16-be",) if start[:1] == b"\0" else ("utf-16-le",)
    return ("utf-8", "gb18030")


def _separator(start: str, known: Callable[[str], bool]) -> str:
    """The one that makes a known header of the first row; else the commonest there."""
    first = next((line for line in start.splitlines() if line.strip(' ",;\t')), "")
    for separator in _SEPARATORS:
        if any(known(cell) for cell in first.replace('"', "").split(separator)):
            return separator
    return max(_SEPARATORS, key=first.count)


class _Unowned(io.BufferedIOBase):
    """A file that stays open when its reader is closed."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int | None = -1, /) -> bytes:
        return self._file.read(-1 if size is None else size)

    read1 = read

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


class _TooLongError(Exception):
    """A row goes on and on."""


class _Lines:
    """The lines of a text, for one row at a time."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self.left = _LONGEST_ROW

    def __iter__(self) -> Iterator[str]:
        while line := self._text.readline(_LONGEST_ROW):
            self.left -= len(line)
            if self.left < 0 or (len(line) == _LONGEST_ROW and line[-1] not in "\r\n"):
                raise _TooLongError
            yield line


def _rows(text: io.TextIOWrapper, separator: str) -> Iterator[list[str]]:
    lines = _Lines(text)
    number = 0
    try:
        for row in csv.reader(lines, delimiter=separator):
            number += 1
            lines.left = _LONGEST_ROW
            if number > LAST_ROW:
                raise _too_many_rows()
            yield row[:MOST_COLUMNS]
    except csv.Error as error:
        raise _broken(number) from error
    except _TooLongError as error:
        raise _too_long(number + 1) from error


def _broken(row: int) -> OperationError:
    return OperationError(
        _(
            "The file cannot be read after row %(row)s. A quotation mark there is probably not "
            "closed."
        )
        % {"row": row},
        field="file",
    )


def _too_long(row: int) -> OperationError:
    return OperationError(
        _(
            "Row %(row)s has more than %(most)s characters. A quotation mark in it is probably "
            "not closed, or this is not a table."
        )
        % {"row": row, "most": f"{_LONGEST_ROW:,}"},
        field="file",
    )


def _too_many_rows() -> OperationError:
    return OperationError(
        _("The file has more than %(most)s rows, empty ones included. Remove the empty ones.")
        % {"most": f"{LAST_ROW:,}"},
        field="file",
    )
