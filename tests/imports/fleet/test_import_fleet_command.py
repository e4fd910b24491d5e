"""`manage.py import_fleet`."""

import csv
import io
from pathlib import Path

import pytest
from django.core.management import call_command

from devices.models import Device
from imports.models import FleetImport
from imports.operations import fleet_runner
from tests.imports.fleet.given import KEY, PRODUCT_SECRET, line, secret_of, table
from tests.shell import answer, failure, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def good(tmp_path: Path) -> str:
    path = tmp_path / "good.csv"
    path.write_text(table(line(1), line(2)))
    return str(path)


@pytest.fixture
def mixed(tmp_path: Path) -> str:
    """One good row and one bad one."""
    path = tmp_path / "mixed.csv"
    path.write_text(table(line(1), f"{KEY},,,ab,very-secret,,,"))
    return str(path)


def partly(*arguments: str) -> str:
    """The output when something was left out. The exit code is 1 then."""
    output = io.StringIO()
    with pytest.raises(SystemExit) as exit_:
        call_command(*arguments, stdout=output)
    assert exit_.value.code == 1
    return output.getvalue()


def test_it_imports_what_it_has_checked(good: str) -> None:
    assert words("import_fleet", good).startswith("Imported: products 1, devices 2, ClientIDs 0.")
    assert Device.objects.count() == 2


def test_a_second_run_says_that_all_is_there(good: str) -> None:
    words("import_fleet", good)
    told = answer("import_fleet", good)
    assert told["counts"] == {"products_same": 1, "devices_same": 2} | {
        name: 0 for name in told["counts"] if name not in {"products_same", "devices_same"}
    }
    assert "Already there, unchanged: products 1, devices 2." in words("import_fleet", good)


def test_a_dry_run_leaves_nothing_behind(good: str) -> None:
    assert words("import_fleet", good, "--dry-run").startswith("To be imported: products 1")
    assert not Device.objects.exists()
    assert not FleetImport.objects.exists()


def test_what_is_left_out_is_told_in_words_in_data_and_in_a_report(
    mixed: str, tmp_path: Path
) -> None:
    report = tmp_path / "report.csv"
    told = partly("import_fleet", mixed, "--report", str(report))
    assert "mixed.csv, row 3: DeviceName 'ab'. The DeviceName is too short (2; minimum 4)." in told
    assert Device.objects.count() == 1
    rows = list(csv.DictReader(io.StringIO(report.read_text("utf-8-sig"))))
    assert [(row["Row"], row["Field"], row["Left out"]) for row in rows] == [
        ("3", "DeviceName", "yes")
    ]
    for text in (told, report.read_text(), partly("import_fleet", mixed, "--json")):
        assert "very-secret" not in text
        assert secret_of(1) not in text
        assert PRODUCT_SECRET not in text


def test_all_or_nothing_imports_nothing(mixed: str) -> None:
    partly("import_fleet", mixed, "--all-or-nothing")
    assert not Device.objects.exists()


def test_on_a_terminal_it_asks_first(good: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _question: "n")
    words("import_fleet", good)
    assert not Device.objects.exists()
    words("import_fleet", good, "--yes")
    assert Device.objects.count() == 2


def test_a_large_fleet_needs_no_worker(good: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_runner, "AT_ONCE", 1)
    assert answer("import_fleet", good)["counts"]["devices_new"] == 2


def test_a_file_that_cannot_be_read_fails(tmp_path: Path) -> None:
    assert "No such file" in failure("import_fleet", str(tmp_path / "none.csv"))["error"]
    assert failure("import_fleet")["error"] == "Name at least one file, or give --from-cloud."
    broken = tmp_path / "broken.csv"
    broken.write_text("lamp-0001\n")
    assert failure("import_fleet", str(broken))["field"] == "file"
