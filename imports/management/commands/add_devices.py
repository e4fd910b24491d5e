"""`manage.py add_devices PRODUCT_KEY --count N | --file FILE`"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from common.ops.management import Answer, ShellCommand
from imports.batches.budget import MOST_KEPT_BY_COMMAND, Budget
from imports.batches.reading import read_file
from imports.batches.report import bad_rows, notes_of
from imports.models import BatchState, DeviceBatch
from imports.operations.batch_runner import work_off
from imports.operations.batches import add_batch, discard_batch, generate_batch, upload_batch
from operators.actor import SHELL

# Of the rows that cannot be added, when they are told in words.
_MOST_TOLD = 50


class Command(ShellCommand):
    help = "Add many devices: generated ones, or those of a CSV or XLSX file."

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("product_key", metavar="PRODUCT_KEY")
        wanted = parser.add_mutually_exclusive_group(required=True)
        wanted.add_argument("--count", type=int, help="Generate so many, up to 100000.")
        wanted.add_argument("--file", type=Path, help="A list with the column DeviceName.")
        parser.add_argument("--prefix", default="", help="What generated names begin with.")
        parser.add_argument("--dry-run", action="store_true", help="Check the file, add nothing.")
        parser.add_argument(
            "--all-or-nothing", action="store_true", help="Add nothing if a row cannot be added."
        )

    def act(self, options: Mapping[str, Any]) -> Answer:
        if options["file"] is None:
            return self._generate(options)
        batch = work_off(self._uploaded(options).pk, self._told)
        problems = _problems(batch)
        if options["dry_run"]:
            answer = _answer(batch, problems, "Checked")
            discard_batch(SHELL, batch.pk)
            return answer
        if batch.good and not (batch.bad and options["all_or_nothing"]):
            add_batch(SHELL, batch.pk, all_or_nothing=options["all_or_nothing"])
            batch = work_off(batch.pk, self._told)
            problems = _problems(batch)
        return _answer(batch, problems, "Added")

    def _generate(self, options: Mapping[str, Any]) -> Answer:
        if options["dry_run"]:
            raise CommandError("--dry-run checks a file; generated names need no check.")
        batch = generate_batch(
            SHELL, options["product_key"], options["count"], name_prefix=options["prefix"]
        )
        return _answer(work_off(batch.pk, self._told), [], "Added")

    def _uploaded(self, options: Mapping[str, Any]) -> DeviceBatch:
        file: Path = options["file"]
        try:
            with file.open("rb") as content:
                budget = Budget(MOST_KEPT_BY_COMMAND)
                reading = read_file(content, settings.BATCH_FILE_MB << 20, budget)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        return upload_batch(SHELL, options["product_key"], reading, file_name=file.name)

    def _told(self, batch: DeviceBatch) -> None:
        """One line that is written over, for somebody who watches."""
        if self.stderr.isatty():
            end = "\r" if batch.running else "\n"
            words = f"{batch.get_state_display()}: {batch.position:,} of {batch.total:,}   "
            self.stderr.write(words, ending=end)


def _problems(batch: DeviceBatch) -> list[dict[str, Any]]:
    return [
        {
            "row": row.number,
            "device_name": row.device_name,
            "field": problem.column,
            "value": row.value(problem.column),
            "reason": problem.reason,
            "fix": problem.fix,
        }
        for row in bad_rows(batch)
        for problem in row.problems
    ]


def _answer(batch: DeviceBatch, problems: list[dict[str, Any]], done: str) -> Answer:
    notes = [str(note) for note in notes_of(batch)]
    count = batch.good if batch.checked else batch.added
    failed = batch.state == BatchState.CREATE_FAILED
    first = f"{done} {count} of {batch.total} devices, batch {batch.pk}."
    if done == "Checked":
        first = f"{count} of {batch.total} devices can be added."
    elif failed or batch.checked:
        first = f"Added no device of {batch.total}, batch {batch.pk}."
    told = [f"  Row {p['row']}: {p['field']} {p['value']!r}. {p['reason']}" for p in problems]
    more = [f"  … and {len(told) - _MOST_TOLD} more"] if len(told) > _MOST_TOLD else []
    words = "\n".join([first, *notes, *told[:_MOST_TOLD], *more])
    added = 0 if batch.checked else batch.added
    data = {
        "batch": batch.pk,
        "state": batch.state,
        "total": batch.total,
        "good": batch.good,
        "added": added,
        "notes": notes,
        "problems": problems,
    }
    return Answer(words, data)
