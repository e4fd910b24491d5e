"""XML of a workbook, read piece by piece within limits."""

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import NoReturn
from xml.parsers import expat

from django.utils.translation import gettext as _

from common.errors import OperationError
from imports.batches.archive import UnreadableError

# Elements of all parts together: 250,000 rows of twelve cells have nine million.
MOST_ELEMENTS = 12_000_000
# Seconds of this processor's time that reading one workbook may take.
MOST_SECONDS = 60.0
# Deepest nesting, and attributes of one element; Excel comes nowhere near.
_DEEPEST, _MOST_ATTRIBUTES = 64, 64
# Different names of elements and attributes, which the parser keeps, and their characters.
_MOST_NAMES, _LONGEST_NAMES = 2000, 100_000
# Pieces in which nothing ends, be it the longest tag or comment: a megabyte.
_STALLED = 16


class Limits:
    """Limits that all parts of a workbook share."""

    def __init__(self) -> None:
        self.elements = MOST_ELEMENTS
        self.until = time.thread_time() + MOST_SECONDS

    def check_time(self) -> None:
        if time.thread_time() > self.until:
            raise OperationError(
                _("The workbook takes too long to read. Split it, or save it as CSV."),
                field="file",
            )


class Part:
    """One XML part. Subclasses say what to do where an element begins and ends.

    Names come without their prefix. What no spreadsheet writes, a document type with its entities
    above all, ends the reading with UnreadableError or an ExpatError.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._depth = self._stalled = self._kept = 0
        self._names: dict[str, str] = {}
        self._parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._starts, self._ends
        parser.CharacterDataHandler = self._texts
        parser.CommentHandler = self._moves
        parser.ProcessingInstructionHandler = lambda _target, _data: self._moves()
        parser.StartDoctypeDeclHandler = _no_doctype

    def starts(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""

    def ends(self, name: str) -> None:
        """An element ends."""

    def texts(self, text: str) -> None:
        """Text, or a piece of it."""

    def read(self, pieces: Iterable[bytes]) -> Iterator[None]:
        """Parse the part; goes on once the caller has taken what came of the last piece."""
        for piece in pieces:
            self._stalled += 1
            self._parser.Parse(piece, False)
            if self._stalled > _STALLED:
                raise UnreadableError("a tag or comment is too long")
            self._check_names()
            self._limits.check_time()
            yield
        self._parser.Parse(b"", True)
        yield

    def _check_names(self) -> None:
        kept = self._parser.intern
        if len(kept) == self._kept:
            return
        self._kept = len(kept)
        if self._kept > _MOST_NAMES or sum(map(len, kept)) > _LONGEST_NAMES:
            raise UnreadableError("too many different names")

    def _moves(self, _text: str = "") -> None:
        self._stalled = 0

    def _starts(self, name: str, attributes: dict[str, str]) -> None:
        self._stalled = 0
        self._depth += 1
        self._limits.elements -= 1
        if self._depth > _DEEPEST or len(attributes) > _MOST_ATTRIBUTES:
            raise UnreadableError("elements are too deep, or have too many attributes")
        if self._limits.elements < 0:
            raise _too_many_cells()
        plain = self._names.get(name)
        if plain is None:
            plain = self._names[name] = name.rpartition(":")[2]
        self.starts(plain, attributes)

    def _ends(self, name: str) -> None:
        self._stalled = 0
        self._depth -= 1
        self.ends(self._names[name])

    def _texts(self, text: str) -> None:
        self._stalled = 0
        self.texts(text)


def _no_doctype(*_declaration: object) -> NoReturn:
    raise UnreadableError("it has a document type")


def _too_many_cells() -> OperationError:
    return OperationError(
        _("The workbook has too many cells. Remove unneeded columns and rows."),
        field="file",
    )
