"""Reading an uploaded file: every dialect, and no bytes that could do harm."""

import codecs
import contextlib
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from common.errors import OperationError
from imports.batches import reading
from imports.batches.reading import Reading, read_file
from tests.imports.batches.workbooks import MEGABYTE, replaced, workbook

CSV = "DeviceName,Nickname\nlamp-0001,Hall lamp\nlamp-0002,走廊灯\n"


def read(content: bytes | str) -> Reading:
    return read_file(content.encode() if isinstance(content, str) else content, MEGABYTE)


def names(found: Reading) -> list[tuple[int, str, str]]:
    return [(row.number, row.device_name, row.nickname) for row in found.rows]


def problems(found: Reading) -> list[tuple[int, str, str]]:
    return [(row.number, p.column, p.key) for row in found.rows for p in row.problems]


def notes(found: Reading) -> list[str]:
    return [note.key for note in found.notes]


@pytest.mark.parametrize(
    "content",
    [
        CSV.encode(),
        codecs.BOM_UTF8 + CSV.encode(),
        CSV.encode("utf-16"),
        codecs.BOM_UTF16_BE + CSV.encode("utf-16-be"),
        CSV.encode("utf-16-le"),
        CSV.encode("utf-16-be"),
        CSV.encode("gb18030"),
        CSV.replace(",", ";").encode(),
        CSV.replace(",", "\t").encode("utf-16"),
        CSV.replace("\n", "\r\n").encode(),
        CSV.replace("\n", "\r").encode(),
        CSV.replace("Hall lamp", '"Hall lamp"').encode(),
        ("\n , \n" + CSV).replace("\n , \n", "").encode(),
        workbook([["DeviceName", "Nickname"], ["lamp-0001", "Hall lamp"], ["lamp-0002", "走廊灯"]]),
    ],
)
def test_every_dialect_reads_the_same(content: bytes) -> None:
    found = read(content)
    assert names(found) == [(2, "lamp-0001", "Hall lamp"), (3, "lamp-0002", "走廊灯")]
    assert not found.bad


def test_text_that_is_not_utf_8_is_read_as_gbk_and_says_so() -> None:
    assert notes(read(CSV.encode("gbk"))) == ["gb18030"]
    assert notes(read(CSV)) == []


@pytest.mark.parametrize(
    "header",
    [
        "devicename,NICKNAME",
        "Device Name,Alias",
        "device_name,nickname (optional)",
        "DeviceName*,Nickname",
        "设备名称,备注名称",
        "\uff24\uff45\uff56\uff49\uff43\uff45Name,别名",
        "'DeviceName,'Nickname",
    ],
)
def test_headers_are_recognised_in_both_languages_however_they_are_written(header: str) -> None:
    found = read(f"{header}\nlamp-0001,Hall lamp\n")
    assert names(found) == [(2, "lamp-0001", "Hall lamp")]
    assert notes(found) == []


def test_columns_may_stand_in_any_order_and_nickname_may_be_missing() -> None:
    assert names(read("Alias,DeviceName\nHall lamp,lamp-0001\n")) == [(2, "lamp-0001", "Hall lamp")]
    assert names(read("DeviceName\nlamp-0001\n")) == [(2, "lamp-0001", "")]


def test_unknown_columns_are_named_and_kept_for_the_report() -> None:
    found = read("SN,DeviceName,Colour\n17,lamp-0001,red\n18,lamp-0002\n")
    assert [str(note) for note in found.notes] == [
        "These columns are unknown and were ignored: SN, Colour."
    ]
    assert found.columns == ["SN", "Colour"]
    assert [row.others for row in found.rows] == [["17", "red"], ["18", ""]]


@pytest.mark.parametrize("header", ["DeviceSecret", "device_secret", "密钥", "Password"])
def test_a_secret_in_the_file_is_not_kept(header: str) -> None:
    found = read(f"DeviceName,{header}\nlamp-0001,0123456789abcdef\n")
    assert notes(found) == ["secret_columns"]
    assert "0123456789abcdef" not in repr(found)


def test_the_columns_of_a_report_are_ignored_without_a_word() -> None:
    found = read("DeviceName,Nickname,Row,Problem,HowToFix\nlamp-0001,,7,Too short,Longer\n")
    assert (notes(found), found.columns) == ([], [])


def test_a_missing_header_is_recognised() -> None:
    found = read("lamp-0001,Hall lamp\nlamp-0002\n")
    assert names(found) == [(1, "lamp-0001", "Hall lamp"), (2, "lamp-0002", "")]
    assert notes(found) == ["no_header"]


def test_a_header_without_device_name_is_refused_and_quoted() -> None:
    with pytest.raises(OperationError, match="The first row is: SerialNumber, Colour"):
        read("SerialNumber,Colour\nlamp-0001,red\n")


def test_empty_rows_are_skipped_and_still_counted() -> None:
    found = read("DeviceName,Nickname\n\nlamp-0001,\n , \nlamp-0002,\n")
    assert [row.number for row in found.rows] == [3, 5]


def test_space_apostrophes_and_invisible_characters_around_a_name_do_no_harm() -> None:
    found = read("DeviceName\n 'lamp-0001 \n\u200blamp-0002\xa0\n\ufefflamp-0003\n")
    assert [row.device_name for row in found.rows] == ["lamp-0001", "lamp-0002", "lamp-0003"]
    assert not found.bad


@pytest.mark.parametrize(
    ("row", "column", "key"),
    [
        ("abc", "DeviceName", "short"),
        ("a" * 33, "DeviceName", "long"),
        ("lamp 0001", "DeviceName", "characters"),
        ("灯泡-0001", "DeviceName", "characters"),
        ("8.6E+14", "DeviceName", "scientific"),
        ("8.60000000000001e14", "DeviceName", "scientific"),
        (",Hall lamp", "DeviceName", "missing"),
        ("lamp-0001,abc", "Nickname", "nickname_length"),
        ("lamp-0001,Hall/lamp", "Nickname", "nickname_characters"),
        ("lamp-0001," + "a" * 65, "Nickname", "nickname_length"),
    ],
)
def test_what_is_wrong_with_a_row_is_said_where_it_is(row: str, column: str, key: str) -> None:
    assert problems(read(f"DeviceName,Nickname\n{row}\n")) == [(2, column, key)]


def test_an_exponent_that_may_be_a_serial_number_is_one() -> None:
    assert not read("DeviceName\n12E10\n").bad


def test_foreign_characters_are_shown_and_invisible_ones_by_number() -> None:
    (row,) = read("DeviceName\nlamp/ 0001#\u200b7\n").rows
    assert row.problems[0].reason == (
        "The DeviceName contains / a space # U+200B; only letters, digits and - _ @ . : are "
        "allowed."
    )


def test_a_repeated_name_points_to_the_row_that_had_it_first() -> None:
    found = read("DeviceName\nlamp-0001\nlamp-0002\nlamp-0001\n")
    assert problems(found) == [(4, "DeviceName", "repeated")]
    assert "row 2" in found.rows[2].problems[0].reason


def test_a_row_may_have_several_problems() -> None:
    assert [key for *_, key in problems(read("DeviceName,Nickname\nab,x\n"))] == [
        "short",
        "nickname_length",
    ]


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        (860000000000001, "860000000000001"),
        (860000000000001.0, "860000000000001"),
        (12345, "12345"),
        ("00012345", "00012345"),
    ],
)
def test_a_number_in_a_workbook_keeps_its_digits(cell: Any, name: str) -> None:
    found = read(workbook([["DeviceName"], [cell]]))
    assert names(found) == [(2, name, "")]
    assert not found.bad


@pytest.mark.parametrize(
    ("cell", "key"),
    [
        (8986011223344550123, "rounded"),
        (8.98601122334455e19, "rounded"),
        (date(2026, 3, 1), "date"),
        ("#N/A", "error"),
    ],
)
def test_what_the_spreadsheet_has_spoilt_is_said(cell: Any, key: str) -> None:
    assert problems(read(workbook([["DeviceName"], [cell]]))) == [(2, "DeviceName", key)]


def test_only_the_first_sheet_is_read_and_the_others_are_mentioned() -> None:
    found = read(workbook([["DeviceName"], ["lamp-0001"]], sheets=("Lamps", "Old")))
    assert [str(note) for note in found.notes] == [
        "The workbook has 2 sheets. Only the first was read: Lamps."
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n\n ,\n", "empty"),
        (b"DeviceName,Nickname\n", "no data"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "password-protected"),
        (b"PK\x03\x04 not really", "cannot be read"),
        (b"\x89PNG\r\n\x1a\n\xff\xff\xff", "neither text nor a workbook"),
        (b'DeviceName\n"' + b"x" * 200_000, "not closed"),
        (b"x" * (MEGABYTE + 1), "larger than 1 MB"),
        (workbook([]), "empty"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(content: bytes, words: str) -> None:
    with pytest.raises(OperationError, match=words) as error:
        read(content)
    assert error.value.field == "file"


def test_a_workbook_that_unpacks_to_too_much_is_refused_unread() -> None:
    bomb = replaced(workbook([["DeviceName"]]), "xl/styles.xml", bytes(5 * MEGABYTE))
    assert len(bomb) < MEGABYTE / 10
    with pytest.raises(OperationError, match="cannot be read"):
        read(bomb)


def test_entities_that_multiply_end_the_reading() -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    xml = f'<!DOCTYPE w [<!ENTITY e0 "lol">{levels}]><w>&e11;</w>'
    laughs = replaced(workbook([["DeviceName"]]), "xl/workbook.xml", xml.encode())
    with pytest.raises(OperationError, match="cannot be read"):
        read(laughs)


def test_a_row_beyond_the_last_one_is_not_counted_to() -> None:
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1" t="inlineStr"><is><t>DeviceName</t></is></c></row>'
        '<row r="99999999999"><c r="A99999999999"><v>1</v></c></row></sheetData></worksheet>'
    )
    far = replaced(workbook([["DeviceName"]]), "xl/worksheets/sheet1.xml", sheet.encode())
    with pytest.raises(OperationError, match="no data"):
        read(far)


def test_more_rows_than_allowed_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_ROWS", 3)
    lines = [f"lamp-000{n}" for n in range(4)]
    assert len(read("\n".join(["DeviceName", *lines[:3]])).rows) == 3
    with pytest.raises(OperationError, match="more than 3 rows"):
        read("\n".join(["DeviceName", *lines]))


def test_cells_beyond_the_header_are_mentioned() -> None:
    found = read("DeviceName\nlamp-0001,x\nlamp-0002\nlamp-0003,y\n")
    assert [str(note) for note in found.notes] == [
        "Rows with more cells than the header: 2. The extra cells were ignored."
    ]


@given(content=st.binary(max_size=600))
@example(content=b"DeviceName\n\0\0\0\0")
@example(content=b"\xff\xfeD\0\n\xd8")
@example(content=b"PK\x03\x04")
def test_no_bytes_do_more_than_be_refused(content: bytes) -> None:
    _read_or_refused(content)


@given(text=st.text(max_size=200), encoding=st.sampled_from(["utf-8", "utf-16", "gb18030"]))
def test_no_text_does_more_than_be_refused(text: str, encoding: str) -> None:
    _read_or_refused(f"DeviceName,{text}\n{text}\nlamp-0001,{text}".encode(encoding, "replace"))


WORKBOOK = workbook([["DeviceName", "Nickname"], ["lamp-0001", 17], ["lamp-0002", 1.5]])


@given(position=st.integers(0, len(WORKBOOK) - 1), junk=st.binary(min_size=1, max_size=8))
def test_no_damaged_workbook_does_more_than_be_refused(position: int, junk: bytes) -> None:
    _read_or_refused(WORKBOOK[:position] + junk + WORKBOOK[position + len(junk) :])


def _read_or_refused(content: bytes) -> None:
    found = Reading([], [], [])
    with contextlib.suppress(OperationError):
        found = read(content)
    for row in found.rows:
        assert "\0" not in row.device_name + row.nickname + "".join(row.others)
        assert all(problem.reason and problem.fix for problem in row.problems)
