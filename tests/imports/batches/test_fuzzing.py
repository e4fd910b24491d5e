"""Fuzz the readers: any file is read or refused with an error, as a batch and as a fleet."""

import contextlib
import io
import json
import zipfile
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import openpyxl
from hypothesis import given
from hypothesis import strategies as st

from common.errors import OperationError
from imports.batches.budget import Budget
from imports.batches.cells import Spoilt
from imports.batches.reading import opened, read_file, read_table
from imports.fleet.columns import DEVICE_NAME, PRODUCT_KEY
from imports.fleet.problems import PROBLEMS
from imports.fleet.reading import GivenFile, read_fleet
from tests.fuzzing import fuzzing
from tests.imports.batches.hostile import BOOK, RELS, SHEET, STYLES, TEXTS
from tests.imports.batches.workbooks import MEGABYTE, workbook

STRANGE = ["", "0", "-1", "1e400", "nan", "9" * 400, "A1", "XFD1048577", "\u0660", " 7 ", "\ud7ff"]
values = st.sampled_from([*STRANGE, "1", "2", "s", "str", "inlineStr", "b", "e", "d", "rId1"])
# Of all parts: a part with elements of another must not surprise either.
ELEMENTS = [
    *("worksheet", "sheetData", "row", "c", "v", "is", "t", "r", "rPh", "f", "mergeCell"),
    *("sst", "si", "styleSheet", "numFmts", "numFmt", "cellXfs", "xf", "x:row", "x:c"),
    *("workbook", "workbookPr", "sheets", "sheet", "Relationships", "Relationship"),
]
ATTRIBUTES = [
    *("r", "s", "t", "ref", "spans", "name", "sheetId", "r:id", "Id", "Type", "Target"),
    *("TargetMode", "numFmtId", "formatCode", "date1904", "count"),
]
attributes = st.dictionaries(
    st.sampled_from(ATTRIBUTES),
    values | st.sampled_from(["yyyy-mm-dd", "000000", "x/styles", "../x", "External"]),
    max_size=3,
)
texts = values | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


def _element(name: str, given: Mapping[str, str], inner: str) -> str:
    shown = "".join(f" {each}={quoteattr(value)}" for each, value in given.items())
    return f"<{name}{shown}>{inner}</{name}>"


xml = st.recursive(
    texts.map(escape),
    lambda inner: st.builds(
        _element, st.sampled_from(ELEMENTS), attributes, st.lists(inner, max_size=4).map("".join)
    ),
    max_leaves=25,
)
SOUND = {
    name: zipfile.ZipFile(io.BytesIO(workbook([["DeviceName"], ["lamp-0001"]]))).read(name)
    for name in (SHEET, STYLES, BOOK, RELS, "[Content_Types].xml", "_rels/.rels")
} | {TEXTS: b"<sst><si><t>lamp</t></si></sst>"}
parts = st.dictionaries(
    st.sampled_from([SHEET, TEXTS, STYLES, BOOK, RELS, "_rels/.rels"]),
    xml.map(str.encode) | st.binary(max_size=60),
    min_size=1,
)


def read_or_refused(content: bytes) -> None:
    """As every kind of upload; nothing but an OperationError, and what is read can be shown."""
    with contextlib.suppress(OperationError):
        for row in read_file(content, MEGABYTE).rows:
            assert "\0" not in row.device_name + row.nickname + "".join(row.others)
            assert all(problem.reason and problem.fix for problem in row.problems)
    with contextlib.suppress(OperationError):
        for item in read_fleet([GivenFile("x", io.BytesIO(content))], MEGABYTE, "a1").items:
            assert all(problem.reason and problem.key in PROBLEMS for problem in item.problems)
            json.dumps(item.as_data()).encode()


@fuzzing
@given(parts)
def test_no_workbook_does_more_than_be_refused(changed: Mapping[str, bytes]) -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as packed:
        for name, content in {**SOUND, **changed}.items():
            packed.writestr(name, content)
    read_or_refused(written.getvalue())


SMALL = workbook([["DeviceName", "ProductKey"], ["lamp-0001", "a1"], ["lamp-0002", 1.5]])


@fuzzing
@given(st.integers(0, len(SMALL) - 1), st.binary(min_size=1, max_size=8), st.booleans())
def test_no_damaged_workbook_does_more_than_be_refused(
    position: int, junk: bytes, cut: bool
) -> None:
    rest = b"" if cut else SMALL[position + len(junk) :]
    read_or_refused(SMALL[:position] + junk + rest)


lines = st.lists(
    st.sampled_from(
        [*',;\t"\n\r\0', "DeviceName", "ProductKey", "ClientID", "lamp-0001", "=1", "\u200b", "灯"]
    )
    | st.text(max_size=5)
).map("".join)


@fuzzing
@given(lines, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "gb18030"]))
def test_no_table_does_more_than_be_refused(text: str, encoding: str) -> None:
    read_or_refused(text.encode(encoding, "replace"))
    read_or_refused(b"ProductKey,DeviceName\n" + text.encode(encoding, "replace"))


NAMES = [
    *("Data", "List", "ProductInfo", "DeviceInfo", "SimpleDeviceInfo", "ApplyDeviceList"),
    *("ApplyDeviceInfo", "DynamicRegClientIds", "Success", "Code", "Message", "HostId", "body"),
    *("RequestId", "IotId", "ClientId", "CreateTime", "GmtCreate", "UtcActive", "Status"),
    *("ProductKey", "ProductSecret", "ProductName", "DeviceName", "DeviceSecret", "DeviceToken"),
]
answers = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | texts
    | st.sampled_from(["true", "a1"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)
    ),
    max_leaves=30,
)


@fuzzing
@given(st.lists(answers, min_size=1, max_size=4), st.sampled_from(["", "\n", ","]))
def test_no_answers_do_more_than_be_refused(found: list[Any], between: str) -> None:
    text = between.join(json.dumps(each) for each in found)
    read_or_refused(text.encode())
    read_or_refused(b"{" + text.encode())


@fuzzing
@given(st.text('{}[]",:0123456789eE.-truefalsn\\u', max_size=80) | st.text(max_size=40))
def test_no_text_like_json_does_more_than_be_refused(text: str) -> None:
    read_or_refused(b"{" + text.encode("utf-8", "replace"))
    read_or_refused(b"[" + text.encode("utf-8", "replace"))


# --- What a workbook says is what openpyxl reads in it -------------------------------------
moments = st.datetimes(
    datetime.fromisoformat("1901-01-01"), datetime.fromisoformat("2100-01-01")
).map(lambda moment: moment.replace(microsecond=0))
cells = (
    st.none()
    | st.booleans()
    | st.integers(-(10**16), 10**16)
    | st.floats(-1e17, 1e17, allow_nan=False)
    | moments
    | moments.map(datetime.date)
    | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
)
formats = st.sampled_from(["General", "@", "000000", "0.00", '0" days"'])


@fuzzing
@given(st.lists(st.lists(st.tuples(cells, formats), max_size=5), max_size=5))
def test_cells_are_read_as_openpyxl_reads_them(rows: list[list[tuple[Any, str]]]) -> None:
    book = openpyxl.Workbook()
    for row, across in enumerate(rows, 1):
        for column, (value, shown_as) in enumerate(across, 1):
            text = isinstance(value, str)
            cell = book.active.cell(row, column)
            cell.value = value
            if text:
                cell.data_type = "s"  # not a formula
            elif isinstance(value, (int, float)):
                cell.number_format = shown_as
    written = io.BytesIO()
    book.save(written)
    content = written.getvalue()
    table = read_table(opened(content, MEGABYTE), MEGABYTE, Budget())
    found = [[(str(c), getattr(c, "key", "")) for c in cells] for cells in table.rows]
    expected = _by_openpyxl(content)
    assert [_without_end(row) for row in found] == [_without_end(row) for row in expected]


def _without_end(row: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The empty cells at the end of a row are not always there."""
    while row and row[-1] == ("", ""):
        row = row[:-1]
    return row


def _by_openpyxl(content: bytes) -> list[list[tuple[str, str]]]:
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    return [[_as_text(cell) for cell in row] for row in book.worksheets[0].iter_rows()]


def _as_text(cell: Any) -> tuple[str, str]:
    value = cell.value
    if value is None:
        return "", ""
    if isinstance(value, bool):
        return str(value).upper(), ""
    if isinstance(value, (int, float)):
        return _number(value, str(cell.number_format))
    if isinstance(value, (date, datetime, time)):
        return str(value), "date"
    return str(value), ""


def _number(value: float, shown_as: str) -> tuple[str, str]:
    if abs(value) >= 10**15:
        return f"{value:.15g}", "rounded"
    if value != int(value):
        return f"{value:.15g}", ""
    digits = str(int(value))
    return (digits.zfill(6) if shown_as == "000000" else digits), ""


def test_columns_of_both_readers_are_known() -> None:
    assert {DEVICE_NAME, PRODUCT_KEY} <= set(NAMES)
    assert Spoilt.by("date", "x").key == "date"
