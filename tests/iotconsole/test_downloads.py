"""CSV files: exact for programs, harmless for people."""

import csv
import io
from collections.abc import Iterator, Sequence

import pytest

from iotconsole.kit.downloads import csv_download, csv_safe


def sent(rows: Sequence[Sequence[object]], *, for_people: bool) -> bytes:
    content = csv_download("x.csv", rows, for_people=for_people).streaming_content
    assert isinstance(content, Iterator)
    return b"".join(content)


def test_a_program_gets_every_cell_exactly() -> None:
    rows = [["-1@x", 'a "b", c'], ["=1+1", "灯"]]
    assert list(csv.reader(io.StringIO(sent(rows, for_people=False).decode()))) == rows


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_no_cell_is_a_formula_to_a_spreadsheet(cell: str) -> None:
    assert csv_safe(cell) == f"'{cell}"


def test_other_cells_stay_as_they_are() -> None:
    assert csv_safe("lamp-0001") == "lamp-0001"


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
