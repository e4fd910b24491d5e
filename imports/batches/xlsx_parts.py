"""The small parts of a workbook: where its sheets are, its texts, how its numbers are shown."""

import posixpath
import re
from array import array
from collections.abc import Iterator, Mapping
from datetime import datetime

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900

from imports.batches.archive import Archive, UnreadableError
from imports.batches.budget import Budget
from imports.batches.xlsx_xml import Limits, Part

# Longer texts are cut: no cell that means anything comes near (cells.LONGEST_CELL).
LONGEST_TEXT = 1024
# Styles of cells, as many as Excel has; formats they use; sheets, or other parts that one names.
_MOST_STYLES, _MOST_FORMATS, _MOST_SHEETS = 65_536, 5000, 1000
# Characters of a format, of a sheet's name, and of the name of a part.
_LONGEST = 255
_WORKBOOK = "xl/workbook.xml"
# Numbers of formats for dates in East Asian calendars, whose codes are nowhere written.
_ASIAN_DATES = frozenset((*range(27, 37), *range(50, 59)))
# A character that XML cannot hold; an underscore before something that looks like one.
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


def unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def read_all(part: Part, archive: Archive, name: str) -> None:
    for _ in part.read(archive.pieces(name)):
        pass


class Relations(Part):
    """Targets by their ids, of one part."""

    def __init__(self, limits: Limits, archive: Archive, owner: str) -> None:
        super().__init__(limits)
        self._folder, name = posixpath.split(owner)
        self.by_id: dict[str, str] = {}
        self.by_type: dict[str, str] = {}
        rels = posixpath.join(self._folder, "_rels", f"{name}.rels")
        if rels in archive:
            read_all(self, archive, rels)

    def starts(self, name: str, attributes: Mapping[str, str]) -> None:
        if name != "Relationship" or attributes.get("TargetMode", "Internal") != "Internal":
            return
        if len(self.by_id) == _MOST_SHEETS:
            raise UnreadableError("too many relations")
        target, key = attributes["Target"][:_LONGEST], attributes["Id"][:_LONGEST]
        path = posixpath.normpath(posixpath.join("/", self._folder, target)).lstrip("/")
        self.by_id[key] = path
        kind = attributes.get("Type", "")[:_LONGEST].rpartition("/")[2]
        self.by_type.setdefault(kind, path)


class Workbook(Part):
    """Names and parts of its worksheets, in their order, and the day that dates count from."""

    def __init__(self, limits: Limits, archive: Archive) -> None:
        super().__init__(limits)
        self._sheets: list[tuple[str, str]] = []
        self.epoch: datetime = CALENDAR_WINDOWS_1900
        path = Relations(limits, archive, "").by_type.get("officeDocument", _WORKBOOK)
        read_all(self, archive, path)
        self.relations = Relations(limits, archive, path)

    def starts(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "workbookPr" and attributes.get("date1904") in ("1", "true"):
            self.epoch = CALENDAR_MAC_1904
        if name != "sheet":
            return
        if len(self._sheets) == _MOST_SHEETS:
            raise UnreadableError("too many sheets")
        key = next((each for name, each in attributes.items() if name.endswith(":id")), "")
        self._sheets.append((attributes.get("name", "")[:_LONGEST], key[:_LONGEST]))

    def sheets(self) -> list[tuple[str, str]]:
        """Names with parts. Sheets of charts hold no cells, and stand elsewhere."""
        found = ((name, self.relations.by_id.get(key, "")) for name, key in self._sheets)
        return [(name, path) for name, path in found if "chartsheet" not in path]


class Texts(Part):
    """The texts that cells name by number; kept in one piece, because there are many."""

    def __init__(self, limits: Limits, budget: Budget) -> None:
        super().__init__(limits)
        self._budget = budget
        self._packed, self._ends_at = bytearray(), array("Q")
        self._open = self._phonetic = False
        self._current: list[str] = []
        self._length = 0

    def __getitem__(self, number: int) -> str:
        begin = self._ends_at[number - 1] if number else 0
        return self._packed[begin : self._ends_at[number]].decode("utf-8", "surrogatepass")

    def __len__(self) -> int:
        return len(self._ends_at)

    def starts(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "rPh":
            self._phonetic = True
        self._open = name == "t" and not self._phonetic

    def texts(self, text: str) -> None:
        if self._open and self._length < LONGEST_TEXT:
            self._current.append(text)
            self._length += len(text)

    def ends(self, name: str) -> None:
        self._open = False
        if name == "rPh":
            self._phonetic = False
        elif name == "si":
            self._keep("".join(self._current)[:LONGEST_TEXT])
            self._current.clear()
            self._length = 0

    def _keep(self, text: str) -> None:
        content = unescaped(text).encode("utf-8", "surrogatepass")
        # What grows has twice its size for a moment.
        self._budget.spend(2 * (len(content) + self._ends_at.itemsize))
        self._packed += content
        self._ends_at.append(len(self._packed))

    def forget(self) -> None:
        """The sheet has been read."""
        self._budget.give_back(2 * (len(self._packed) + len(self) * self._ends_at.itemsize))
        self._packed, self._ends_at = bytearray(), array("Q")


class Formats(Part):
    """How the cells of each style show a number."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self._in_cells = False
        self._ids = array("I")
        self._codes: dict[int, str] = {}

    def starts(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "cellXfs":
            self._in_cells = True
        elif name == "xf" and self._in_cells:
            self._ids.append(int(attributes.get("numFmtId", "0")))
        elif name == "numFmt":
            code = attributes.get("formatCode", "")[:_LONGEST]
            self._codes.setdefault(int(attributes.get("numFmtId", "0")), code)
        if len(self._ids) > _MOST_STYLES or len(self._codes) > _MOST_FORMATS:
            raise UnreadableError("too many formats")

    def ends(self, name: str) -> None:
        if name == "cellXfs":
            self._in_cells = False

    def __iter__(self) -> Iterator[tuple[str, bool]]:
        """The code of each style, and whether it shows a date."""
        known: dict[int, tuple[str, bool]] = {}
        for number in self._ids:
            if number not in known:
                known[number] = self._shown(number)
            yield known[number]

    def _shown(self, number: int) -> tuple[str, bool]:
        code = self._codes.get(number) or BUILTIN_FORMATS.get(number, "General")
        return code, number in _ASIAN_DATES or bool(is_date_format(code))
