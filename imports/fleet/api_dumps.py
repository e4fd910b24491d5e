"""Saved answers of the cloud's API (console_api.md 3.6): one, a list, or one after the other.

Understood are QueryProduct, QueryProductList, QueryDevice, QueryDeviceByStatus, QueryDeviceDetail,
QueryDeviceInfo, QueryPageByApplyId and QueryClientIds, as the official clients print them too, and
bare objects with the same fields.
"""

import codecs
import json
from collections.abc import Iterator, Mapping
from typing import IO, Any

from django.utils.translation import gettext as _

from common.errors import OperationError
from imports.batches.cells import trimmed
from imports.fleet.columns import (
    CHINA_CREATE_TIME,
    CLIENT_ID,
    DEVICE_NAME,
    IOT_ID,
    PRODUCT_KEY,
    column_of,
)
from imports.fleet.merge import Fleet
from imports.fleet.records import Record

# Characters of one answer. The cloud gives at most 200 products or 50 devices at once, which take a
# tenth of it.
_LONGEST = 1 << 20
_PIECE = 256 * 1024
# Between the values of a file: those of a list, of one answer per line, of answers run together.
_BETWEEN = " \t\r\n,[]\ufeff"
# Lists of products or devices, by the names of what they stand in.
_LISTS = (
    ("Data", "List", "ProductInfo"),
    ("Data", "DeviceInfo"),
    ("Data", "SimpleDeviceInfo"),
    ("ApplyDeviceList", "ApplyDeviceInfo"),
)
# What makes an answer recognisable although it lists nothing.
_ENVELOPE = frozenset({"RequestId", "Success"})
_TELLING = frozenset({PRODUCT_KEY, DEVICE_NAME, IOT_ID})


def is_json(file: IO[bytes]) -> bool:
    """Whether it begins as JSON does; leaves the file at its beginning."""
    start = file.read(_PIECE)
    file.seek(0)
    return start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}


def gather_answers(content: IO[bytes], file: int, fleet: Fleet) -> None:
    """Add what a file of answers tells. Raises OperationError."""
    answers = Answers(fleet, file)
    for value in _Values(content):
        answers.add(value)


class Answers:
    """Answers of one source; rows are counted as their objects come."""

    def __init__(self, fleet: Fleet, file: int) -> None:
        self._fleet, self._file = fleet, file
        self.rows = 0

    def add(self, answer: Any) -> list[Mapping[str, str]]:
        """Have the fleet know what an answer tells; returns the cells of its objects."""
        told: list[Mapping[str, str]] = []
        for cells in _objects(answer):
            self.rows += 1
            record = Record(self._file, self.rows, cells)
            if "error" in cells:
                self._fleet.refuse(record, "", "answer_error", code=cells["error"])
            elif _TELLING & cells.keys():
                self._fleet.add(record)
                told.append(cells)
            else:
                self._fleet.refuse(record, "", "answer_unknown")
        return told


class _Values:
    """Every outermost value of a file, one at a time: there may be a hundred thousand."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._bytes = codecs.getincrementaldecoder("utf-8-sig")()
        self._text, self._position, self._line = "", 0, 1
        self._more = True

    def __iter__(self) -> Iterator[Any]:
        decoder = json.JSONDecoder()
        while self._skip():
            begin = self._position
            try:
                value, self._position = decoder.raw_decode(self._text, begin)
            except (ValueError, RecursionError) as error:
                raise _unreadable(self._line) from error
            # What is cut off may look complete, if it is a number.
            if self._position - begin > _LONGEST:
                raise _unreadable(self._line)
            self._line += self._text.count("\n", begin, self._position)
            yield value

    def _skip(self) -> bool:
        """Go to the next value, with enough behind it; False at the end of the file."""
        while True:
            self._fill()
            begin = self._position
            while self._position < len(self._text) and self._text[self._position] in _BETWEEN:
                self._position += 1
            self._line += self._text.count("\n", begin, self._position)
            if self._position < len(self._text):
                self._fill()
                return True
            if not self._more:
                return False

    def _fill(self) -> None:
        """Have as many characters at hand as a value may have, and one more."""
        while self._more and len(self._text) - self._position <= _LONGEST:
            piece = self._file.read(_PIECE)
            self._more = bool(piece)
            try:
                text = self._bytes.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                raise _unreadable(self._line) from error
            self._text, self._position = self._text[self._position :] + text, 0


def _objects(value: Any) -> Iterator[dict[str, str]]:
    """The cells of every product, device or ClientID that one answer tells of."""
    if not isinstance(value, dict):
        yield {}
        return
    if isinstance(value.get("body"), dict):  # as the official clients' to_map() has it
        value = value["body"]
    if _failed(value):
        code = value.get("Code") or value.get("Message")
        yield {"error": trimmed(code)[:80] if isinstance(code, str) else "?"}
        return
    yield from _told(value)


def _told(value: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Read an answer that is no error."""
    data = value.get("Data")
    lists = [found for path in _LISTS if (found := _at(value, path)) is not None]
    if lists:
        yield from map(_cells, lists[0])
    elif isinstance(data, dict) and "DynamicRegClientIds" in data:
        yield from _client_ids(data)
    elif isinstance(data, dict):
        yield _cells(data)
    elif not (_ENVELOPE & value.keys()):
        yield _cells(value)
    else:
        yield {}


def _failed(answer: Mapping[str, Any]) -> bool:
    success = answer.get("Success")
    wrong = success not in (None, True) and not _is_true(success)
    return wrong or ("Code" in answer and "HostId" in answer)


def _is_true(value: Any) -> bool:
    return isinstance(value, str) and value.casefold() == "true"


def _at(value: Any, path: tuple[str, ...]) -> list[Any] | None:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, list) else None


def _client_ids(data: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """One record per ClientID; documented is a bare list, clients of old wrap it once more."""
    listed = data["DynamicRegClientIds"]
    if isinstance(listed, dict):
        listed = next(iter(listed.values()), [])
    for each in listed if isinstance(listed, list) else []:
        cells = _cells(each)
        if CLIENT_ID in cells:
            created = {CHINA_CREATE_TIME: cells.get(CHINA_CREATE_TIME, "")}
            owner = _cells({"IotId": data.get("IotId")})
            yield {**owner, CLIENT_ID: cells[CLIENT_ID], **created}


def _cells(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    cells = {}
    for name, each in value.items():
        column = column_of(name)
        if column and isinstance(each, (str, int)) and (text := trimmed(str(each))):
            cells[column] = text
    return cells


def _unreadable(line: int) -> OperationError:
    return OperationError(
        _(
            "The file looks like JSON but is invalid from line %(line)s on, or one response is "
            "longer than %(most)s characters."
        )
        % {"line": line, "most": f"{_LONGEST:,}"},
        field="file",
    )
