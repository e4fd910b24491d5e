"""`manage.py import_fleet FILE…`"""

import csv
import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from common.ops.files import write_atomically
from common.ops.management import Answer, ShellCommand
from common.web.downloads import csv_safe
from imports.batches.budget import MOST_KEPT_BY_COMMAND, Budget
from imports.fleet.cloud_fetch import ACTIONS, collect
from imports.fleet.from_cloud import add_cloud_arguments, cloud_of, journal_of
from imports.fleet.merge import Fleet
from imports.fleet.reading import GivenFile, Reading, read_into, reading_of
from imports.fleet.report import Finding, findings, notes_of, report_lines
from imports.fleet.telling import told
from imports.models import FleetImport, ImportState
from imports.operations.fleet_imports import apply_import, discard_import, upload_import
from imports.operations.fleet_runner import work_off
from operators.actor import SHELL

# What one file may measure. Answers of the cloud about 250,000 devices are a hundred MB.
_LARGEST = 256 << 20
# Of what cannot be imported, when it is told in words; a report has all of it.
_MOST_TOLD = 50


class Command(ShellCommand):
    help = (
        "Move products and devices in with the credentials they have: from CSV or XLSX files, from "
        "saved answers of the cloud's API (JSON), or straight from that API. All of it is checked "
        "before any of it is imported; what is there already stays as it is. The exit code is 1 "
        "when anything was left out."
    )

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
        parser.add_argument("--dry-run", action="store_true", help="Check only, import nothing.")
        parser.add_argument("--report", type=Path, help="Write what is wrong into this CSV file.")
        parser.add_argument(
            "--product-key", default="", help="The product of rows that name no ProductKey."
        )
        parser.add_argument(
            "--all-or-nothing", action="store_true", help="Import nothing if anything is wrong."
        )
        parser.add_argument(
            "--assume-activated",
            action="store_true",
            help="Take devices of which nothing says whether they are activated for activated: "
            "their DeviceSecret is then not handed out again without Reset.",
        )
        add_cloud_arguments(parser)
        parser.add_argument(
            "--yes", action="store_true", help="Do not ask, on a terminal, between the two."
        )

    def act(self, options: Mapping[str, Any]) -> Answer:
        uploaded = upload_import(
            SHELL, self._read(options), assume_activated=options["assume_activated"]
        )
        fleet = self._work_off(uploaded)
        found = list(findings(fleet))
        _write_report(options["report"], fleet)
        if not self._wanted(fleet, options):
            answer = _answer(fleet, found)
            discard_import(SHELL, fleet.pk)
            return answer
        fleet = self._work_off(apply_import(SHELL, fleet.pk))
        if options["from_cloud"]:
            journal_of(options).forget()
        _write_report(options["report"], fleet)
        return _answer(fleet, list(findings(fleet)))

    def _read(self, options: Mapping[str, Any]) -> Reading:
        if not options["files"] and not options["from_cloud"]:
            raise CommandError("Name at least one file, or give --from-cloud.")
        files: list[Path] = options["files"]
        names = [path.name for path in files] + (list(ACTIONS) if options["from_cloud"] else [])
        fleet = Fleet(names, options["product_key"], Budget(MOST_KEPT_BY_COMMAND))
        with ExitStack() as opened:
            given = [GivenFile(path.name, opened.enter_context(_opened(path))) for path in files]
            notes = read_into(fleet, given, _LARGEST)
        if options["from_cloud"]:
            _collect(fleet, len(files), options)
        return reading_of(fleet, names, notes)

    def _wanted(self, fleet: FleetImport, options: Mapping[str, Any]) -> bool:
        """Whether what was checked is to be imported now."""
        bad = fleet.found.get("bad", 0)
        if options["dry_run"] or bad == fleet.total or (bad and options["all_or_nothing"]):
            return False
        if options["yes"] or options["json"] or not sys.stdin.isatty():
            return True
        self.stderr.write("\n".join(told(fleet)))
        return input("Import it now? [y/N] ").strip().casefold() in {"y", "yes"}

    def _work_off(self, fleet: FleetImport) -> FleetImport:
        with _progress(fleet) as bar:

            def move(now: FleetImport) -> None:
                done = now.position if now.running else now.total
                bar.update(done - bar.n)

            return work_off(fleet.pk, move)


@contextmanager
def _progress(fleet: FleetImport) -> Iterator["tqdm[Any]"]:
    """A bar on a terminal, nothing elsewhere."""
    words = "Importing" if fleet.checked else "Checking"
    with tqdm(total=fleet.total, desc=words, unit="", disable=None, leave=False) as bar:
        yield bar


def _collect(fleet: Fleet, first_file: int, options: Mapping[str, Any]) -> None:
    """Ask the cloud, with a counter on a terminal."""
    cloud = cloud_of(options)
    with tqdm(unit="", disable=None, leave=False) as bar:

        def move(action: str, count: int) -> None:
            bar.set_description(action, refresh=False)
            bar.update(count - bar.n)

        try:
            collect(
                cloud,
                fleet,
                first_file,
                products=options["only"],
                client_ids=not options["no_client_ids"],
                told=move,
            )
        finally:
            cloud.close()


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error


def _write_report(path: Path | None, fleet: FleetImport) -> None:
    if path is None:
        return
    written = io.StringIO(newline="")
    lines = csv.writer(written)
    lines.writerows([csv_safe(cell) for cell in line] for line in report_lines(fleet))
    try:
        write_atomically(path, written.getvalue().encode("utf-8-sig"), mode=0o644)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error


def _answer(fleet: FleetImport, found: Sequence[Finding]) -> Answer:
    imported = fleet.state == ImportState.DONE
    counted = fleet.done if imported else fleet.found
    left_out = counted.get("bad", 0)
    lines = [f"  {_line(each)}" for each in found[:_MOST_TOLD]]
    more = [f"  … and {len(found) - _MOST_TOLD} more"] if len(found) > _MOST_TOLD else []
    notes = [str(note) for note in notes_of(fleet)]
    data = {
        "import": fleet.pk,
        "imported": imported,
        "rows": fleet.rows,
        "total": fleet.total,
        "counts": counted,
        "notes": notes,
        "problems": [_as_data(each) for each in found],
    }
    return Answer("\n".join([*told(fleet), *notes, *lines, *more]), data, partly=bool(left_out))


def _line(each: Finding) -> str:
    problem = each.problem
    value = f" {problem.value!r}" if problem.value else ""
    return f"{each.file_name}, row {problem.row}: {problem.column}{value}. {problem.reason}"


def _as_data(each: Finding) -> dict[str, Any]:
    problem = each.problem
    return {
        "file": each.file_name,
        "row": problem.row,
        "product_key": each.product_key,
        "device_name": each.device_name,
        "field": problem.column,
        "value": problem.value,
        "left_out": not problem.warning,
        "reason": problem.reason,
        "fix": problem.fix,
    }
