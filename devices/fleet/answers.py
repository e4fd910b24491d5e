"""Saved answers of the cloud's API (console_api.md 3.6): one, a list, or one after the other.

Understood are QueryProduct, QueryProductList, QueryDevice, QueryDeviceByStatus, QueryDeviceDetail,
QueryDeviceInfo, QueryPageByApplyId and QueryClientIds, as the official clients print them too, and
bare objects with the same fields.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from devices.batches.cells import tidy
from devices.fleet.columns import (
    CHINA_CREATE_TIME,
    CLIENT_ID,
    DEVICE_NAME,
    IOT_ID,
    PRODUCT_KEY,
    column_of,
)
from devices.fleet.gather import Fleet
from devices.fleet.items import Record
from iotconsole.kit.errors import OperationError

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


def is_json(content: bytes) -> bool:
    return content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}


def gather_answers(content: bytes, file: int, fleet: Fleet) -> None:
    """Add what a file of answers tells. Raises OperationError."""
    answers = Answers(fleet, file)
    for value in _values(content):
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


def _values(content: bytes) -> Iterator[Any]:
    """Every outermost value, one at a time: a file of a hundred thousand devices may be large."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unreadable(1) from error
    decoder, position = json.JSONDecoder(), 0
    while True:
        while position < len(text) and text[position] in _BETWEEN:
            position += 1
        if position == len(text):
            return
        try:
            value, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            raise _unreadable(text.count("\n", 0, position) + 1) from error
        yield value


def _objects(value: Any) -> Iterator[dict[str, str]]:
    """The cells of every product, device or ClientID that one answer tells of."""
    if not isinstance(value, dict):
        yield {}
        return
    if isinstance(value.get("body"), dict):  # as the official clients' to_map() has it
        value = value["body"]
    if _failed(value):
        yield {"error": tidy(str(value.get("Code") or value.get("Message") or "?"))[:80]}
        return
    yield from _told(value)


def _told(value: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Of an answer that is no error."""
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
    wrong = success is not None and str(success).casefold() != "true"
    return wrong or ("Code" in answer and "HostId" in answer)


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
        if column and isinstance(each, (str, int)) and (text := tidy(str(each))):
            cells[column] = text
    return cells


def _unreadable(line: int) -> OperationError:
    return OperationError(
        _("The file looks like JSON and is none from line %(line)s on.") % {"line": line},
        field="file",
    )
