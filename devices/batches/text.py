"""Uploaded text: its encoding, its separator, its rows."""

import codecs
import csv
import io
from collections.abc import Callable, Iterator

from django.utils.translation import gettext as _

from devices.batches.cells import MOST_COLUMNS, Table
from devices.batches.columns import is_known
from devices.batches.problems import Note
from iotconsole.kit.errors import OperationError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEPARATORS = (",", ";", "\t")
# Of the first row, to tell the separator by.
_LOOKED_AT = 4096


def read_text(content: bytes, known: Callable[[str], bool] = is_known) -> Table:
    """`known` tells a header of ours; raises OperationError when it is no text."""
    text, encoding = _decode(content)
    notes = [Note("gb18030")] if encoding == "gb18030" else []
    return Table(_rows(text, _separator(text, known)), notes)


def _decode(content: bytes) -> tuple[str, str]:
    for encoding in _encodings(content):
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise OperationError(
        _("The file is neither text nor a workbook. Save it as CSV (UTF-8) or as XLSX."),
        field="file",
    )


def _encodings(content: bytes) -> tuple[str, ...]:
    """What to try, in this order. Text in Latin letters has NULs when every letter takes two."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return (encoding,)
    start = content[:_LOOKED_AT]
    if b"\0" in start:
        return ("utf-16-be",) if start[:1] == b"\0" else ("utf-16-le",)
    return ("utf-8", "gb18030")


def _separator(text: str, known: Callable[[str], bool]) -> str:
    """The one that makes a known header of the first row; else the commonest there."""
    first = next((line for line in text[:_LOOKED_AT].splitlines() if line.strip(' ",;\t')), "")
    for separator in _SEPARATORS:
        if any(known(cell) for cell in first.replace('"', "").split(separator)):
            return separator
    return max(_SEPARATORS, key=first.count)


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    number = 0
    try:
        for row in reader:
            number += 1
            yield row[:MOST_COLUMNS]
    except csv.Error as error:
        raise OperationError(
            _(
                "The file cannot be read after row %(row)s. A quotation mark there is probably "
                "never closed."
            )
            % {"row": number},
            field="file",
        ) from error
