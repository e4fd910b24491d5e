"""The rows of a list that cannot be added, to be put right and uploaded again. Read only."""

from collections.abc import Iterator

from django.db.models import QuerySet

from imports.batches.columns import REPORT_COLUMNS
from imports.batches.problems import DEVICE_NAME, NICKNAME, Note
from imports.batches.rows import Row, unpack
from imports.models import BatchPart, DeviceBatch


def bad_rows(batch: DeviceBatch) -> Iterator[Row]:
    """In the order of the file; reads one part of it at a time."""
    kept = _rows(batch.parts.filter(bad__gt=0))
    return (row for row in kept if row.problems)


def all_rows(batch: DeviceBatch) -> Iterator[Row]:
    """The same for every row that is kept; of an added batch, those beside the bad ones."""
    return _rows(batch.parts.all())


def _rows(parts: QuerySet[BatchPart]) -> Iterator[Row]:
    for key in list(parts.order_by("number").values_list("pk", flat=True)):
        payload = BatchPart.objects.values_list("payload", flat=True).get(pk=key)
        yield from unpack(bytes(payload))


def report_lines(batch: DeviceBatch) -> Iterator[list[str]]:
    """A header and one line per bad row, with all columns of the file and what is wrong.

    Its last columns are ignored when the report is uploaded: see imports.batches.columns.
    """
    yield [DEVICE_NAME, NICKNAME, *batch.columns, *REPORT_COLUMNS]
    for row in bad_rows(batch):
        reasons = " ".join(problem.reason for problem in row.problems)
        fixes = " ".join(dict.fromkeys(problem.fix for problem in row.problems))
        yield [row.device_name, row.nickname, *row.others, str(row.number), reasons, fixes]


def notes_of(batch: DeviceBatch) -> list[Note]:
    """Say what was peculiar about the file."""
    return [Note(key, facts) for key, facts in batch.notes]
