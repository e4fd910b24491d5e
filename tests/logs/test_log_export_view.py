"""The log as CSV."""

import csv
import io

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common.sql import paging
from common.sql.paging import Portion
from logs.export import HEADER, export_rows
from logs.models import LogEntry
from operators.models import AuditEntry
from tests.console.logged import logged

pytestmark = pytest.mark.django_db


def exported(console: Client, query: str = "") -> list[list[str]]:
    response = console.post(f"/logs/export/{query}")
    assert response["Content-Type"].startswith("text/csv")
    assert response["Cache-Control"] == "no-store"
    content = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.reader(io.StringIO(content)))


def test_holds_the_newest_first_under_a_header(console: Client) -> None:
    logged("bad_signature", device_name="lamp-1", detail={"hints": "order"})
    logged(device_name="lamp-2")
    header, newer, older = exported(console)
    assert header == list(HEADER)
    assert (newer[2], newer[6]) == ("lamp-2", "200")
    assert (older[2], older[6], older[7]) == ("lamp-1", "6600", "Signature check failed")
    assert older[11] == "hints=order"


def test_respects_the_filters(console: Client) -> None:
    logged(device_name="lamp-1")
    logged(device_name="lamp@1:2")
    assert [row[2] for row in exported(console, "?device=lamp%401:2")[1:]] == ["lamp@1:2"]


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "-lamp", "+lamp", "\tlamp"])
def test_no_name_becomes_a_formula(console: Client, name: str) -> None:
    logged("bad_parameters", device_name=name)
    assert exported(console)[1][2] == f"'{name}"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_nothing_that_a_stranger_sent_becomes_one_where_lines_are_divided_otherwise(
    console: Client, separator: str
) -> None:
    """A refused CONNECT is logged with the username it came with."""
    logged("bad_parameters", detail={"username": f"x{separator}=HYPERLINK(A1)&B1", "end": "y"})
    response = console.post("/logs/export/")
    content = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    cells = [cell for row in csv.reader(io.StringIO(content), delimiter=separator) for cell in row]
    assert any("HYPERLINK" in cell for cell in cells)
    assert not any(cell.startswith("=") for cell in cells)


def test_says_where_it_was_cut() -> None:
    names = [logged(device_name=f"lamp-{n}").device_name for n in range(6)]
    entries = [Portion(list(LogEntry.objects.order_by("-pk")[n : n + 2])) for n in (0, 2, 4)]
    rows = list(export_rows(entries, "en", most=5))
    assert [row[2] for row in rows[1:-1]] == names[:0:-1]
    assert "ends at 5" in rows[-1][0]
    assert len(list(export_rows(entries, "en", most=6))) == 7


@pytest.mark.parametrize("query", ["", "?q=lamp", "?device=lamp", "?result=success", "?within=60"])
def test_leaves_nothing_out_at_the_joints_of_portions(
    console: Client, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    monkeypatch.setattr(paging, "_PORTION", 2)
    monkeypatch.setattr(paging, "_WALKED", 2)
    monkeypatch.setattr("common.web.filters.FEW", 1)
    traces = [logged(device_name="lamp", trace_id=f"t{n}").trace_id for n in range(6)]
    assert [row[9] for row in exported(console, query)[1:]] == traces[::-1]


def test_a_search_by_text_says_where_it_stopped(
    console: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("logs.views.EXPORT_SEARCHED", 2)
    entries = [logged(device_name=f"lamp-{n}") for n in range(4)]
    *_, newer, older, last = exported(console, "?q=lamp")
    assert (newer[2], older[2]) == ("lamp-3", "lamp-2")
    stopped = entries[2].at.isoformat(timespec="seconds")
    assert last[0].startswith(f"Entries before {stopped} were not searched.")
    monkeypatch.setattr("logs.views.EXPORT_SEARCHED", 4)
    assert len(exported(console, "?q=lamp")) == 5


def test_no_query_reads_the_whole_log(console: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "_WALKED", 2)
    for number in range(6):
        logged(device_name=f"lamp-{number}")
    with CaptureQueriesContext(connection) as queries:
        exported(console, "?q=lamp")
    reads = [q["sql"] for q in queries if 'detail" AS text' in q["sql"] or "LIKE" in q["sql"]]
    assert len(reads) == 3
    assert all('"id" >=' in sql and '"id" <' in sql for sql in reads)


def test_is_audited(console: Client) -> None:
    exported(console)
    assert AuditEntry.objects.get(act="log.export").target == "log"


def test_a_link_alone_exports_nothing(console: Client) -> None:
    assert console.get("/logs/export/").status_code == 405
    assert not AuditEntry.objects.filter(act="log.export").exists()


def test_viewers_may_take_along_what_they_may_read(viewing: Client) -> None:
    logged(device_name="lamp-1")
    assert len(exported(viewing)) == 2
