"""The rows of a worksheet, as texts: what an operator sees in its cells."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from openpyxl.utils.datetime import from_excel, from_ISO8601

from common.errors import OperationError
from imports.batches.archive import UnreadableError
from imports.batches.cells import LAST_ROW, MOST_COLUMNS, Spoilt
from imports.batches.xlsx_parts import LONGEST_TEXT, Texts, unescaped
from imports.batches.xlsx_xml import Limits, Part

# Of a spreadsheet.
LAST_COLUMN = 16_384
# A spreadsheet keeps 15 digits of a number and turns the others into zeros.
_EXACT_BELOW = 10**15
_PLACE = re.compile(r"([A-Za-z]{1,3})[0-9]+")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,4})?")
# What stands between the characters of a cell that are its value.
_VALUES = frozenset({"v", "t"})


class Sheet(Part):
    """`rows` yields every row, those that are not there too, as the first fifty cells of each."""

    def __init__(
        self, limits: Limits, texts: Texts, formats: Sequence[tuple[str, bool]], epoch: datetime
    ) -> None:
        super().__init__(limits)
        self._shared, self._formats, self._epoch = texts, formats, epoch
        self._number = self._column = self._cells = 0
        self._row: list[str] = []
        self._done: list[tuple[int, list[str]]] = []
        self._kind = self._style = ""
        self._open = self._phonetic = False
        self._value: list[str] = []
        self._length = 0

    def rows(self, pieces: Iterator[bytes]) -> Iterator[list[str]]:
        """Ends with the last row of a spreadsheet: a file may name any other, to be counted to."""
        following = 1
        for _piece in self.read(pieces):
            for number, row in self._done:
                if number > LAST_ROW:
                    return
                for _missing in range(following, number):
                    yield []
                yield row
                following = number + 1
            self._done.clear()

    def starts(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "c":
            self._begin_cell(attributes)
        elif name == "row":
            self._begin_row(attributes)
        elif name == "rPh":
            self._phonetic = True
        self._open = name in _VALUES and not self._phonetic

    def texts(self, text: str) -> None:
        if self._open and self._length < LONGEST_TEXT:
            self._value.append(text)
            self._length += len(text)

    def ends(self, name: str) -> None:
        self._open = False
        if name == "c":
            self._end_cell()
        elif name == "row":
            self._done.append((self._number, self._row))
            self._row = []
        elif name == "rPh":
            self._phonetic = False

    def _begin_row(self, attributes: Mapping[str, str]) -> None:
        number = attributes.get("r")
        before, self._number = self._number, int(number) if number else self._number + 1
        if self._number <= before:
            raise UnreadableError("its rows are out of order")
        self._column = self._cells = 0

    def _begin_cell(self, attributes: Mapping[str, str]) -> None:
        self._cells += 1
        if self._cells > LAST_COLUMN:
            raise _too_wide(self._number)
        place = attributes.get("r")
        self._column = _column_of(place) if place else self._column + 1
        self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "0")
        self._value.clear()
        self._length = 0

    def _end_cell(self) -> None:
        if self._column > MOST_COLUMNS or not self._value:
            return
        text = self._text("".join(self._value)[:LONGEST_TEXT])
        if len(self._row) < self._column:
            self._row += [""] * (self._column - len(self._row))
        self._row[self._column - 1] = text

    def _text(self, value: str) -> str:
        """Return the cell's visible text, or what the spreadsheet made of it."""
        if self._kind == "s":
            return self._shared_text(value)
        if self._kind in ("inlineStr", "str"):
            return unescaped(value)
        if self._kind == "b":
            return "TRUE" if value.strip() in ("1", "true") else "FALSE"
        if self._kind == "e":
            return Spoilt.by("error", value)
        if self._kind == "d":
            return Spoilt.by("date", _iso(value))
        return self._shown_number(value.strip())

    def _shared_text(self, value: str) -> str:
        number = int(value)
        if not 0 <= number < len(self._shared):
            raise UnreadableError("a text is missing")
        return self._shared[number]

    def _shown_number(self, value: str) -> str:
        style = int(self._style)
        code, is_date = self._formats[style] if 0 <= style < len(self._formats) else ("", False)
        if not _NUMBER.fullmatch(value):
            return value
        if is_date:
            return Spoilt.by("date", _date(float(value), self._epoch) or value)
        return _number(float(value), code)


def _column_of(place: str) -> int:
    """1 for `A7`."""
    found = _PLACE.fullmatch(place)
    if found is None:
        raise UnreadableError("a cell stands nowhere")
    column = 0
    for letter in found[1].upper():
        column = column * 26 + ord(letter) - 64
    return column


def _number(value: float, shown_as: str) -> str:
    """All digits of a whole number; a format like 000000 keeps its zeros in front."""
    if abs(value) >= _EXACT_BELOW or value != value:
        return Spoilt.by("rounded", f"{value:.15g}")
    if value != int(value):
        return f"{value:.15g}"
    digits = str(int(value))
    return digits.zfill(len(shown_as)) if set(shown_as) == {"0"} else digits


def _date(value: float, epoch: datetime) -> str:
    """Empty when there is no such day."""
    try:
        return str(from_excel(value, epoch))
    except (ValueError, OverflowError):
        return ""


def _iso(value: str) -> str:
    try:
        return str(from_ISO8601(value))
    except (ValueError, TypeError, OverflowError):
        return value


def _too_wide(row: int) -> OperationError:
    return OperationError(
        _("Row %(row)s has more than %(most)s cells. Remove unneeded columns.")
        % {"row": row, "most": f"{LAST_COLUMN:,}"},
        field="file",
    )
