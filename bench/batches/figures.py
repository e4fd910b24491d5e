"""The stages of a batch: dry run, then adding. Wants a migrated database.

The aims are 10 s for the dry run, 20 s for adding, and 300 MB, on SQLite. CPU seconds are what
survives a noisy machine.
"""

import io
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import openpyxl

from imports.batches.reading import read_file
from imports.models import DeviceBatch
from imports.operations import batch_runner
from imports.operations.batches import add_batch, upload_batch
from operators.actor import SHELL
from products.operations.manage import create_product

COUNT = 100_000
_LARGEST = 20 << 20
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stage:
    """`peak_mb` is the largest this process has ever been, so it only grows."""

    name: str
    seconds: float
    cpu_seconds: float
    aim_seconds: float
    peak_mb: int


def figures(count: int = COUNT) -> Iterator[Stage]:
    product_key = create_product(SHELL, "Bench_Batches").product_key
    for kind, content in (("CSV", _csv(count)), ("XLSX", _workbook(count))):

        def dry_run(content: bytes = content) -> DeviceBatch:
            reading = read_file(content, _LARGEST)
            return batch_runner.work_off(upload_batch(SHELL, product_key, reading).pk)

        checked, stage = timed(f"dry run of {count:,} rows, {kind}", 10.0, dry_run)
        yield stage

    def add() -> DeviceBatch:
        return batch_runner.work_off(add_batch(SHELL, checked.pk).pk)

    added, stage = timed(f"adding {count:,} devices", 20.0, add)
    assert added.added == count
    yield stage


def table(stages: Iterator[Stage], of: str = "batch") -> str:
    """Markdown."""
    lines = [f"| {of} | s | CPU s | aim s | peak MB |", "| --- | ---: | ---: | ---: | ---: |"]
    lines += [
        f"| {s.name} | {s.seconds:.1f} | {s.cpu_seconds:.1f} | {s.aim_seconds:.0f} | {s.peak_mb} |"
        for s in stages
    ]
    return "\n".join(lines)


def timed(name: str, aim: float, work: Callable[[], T]) -> tuple[T, Stage]:
    """Run `work` and return its result and its cost."""
    began, cpu = time.monotonic(), time.process_time()
    result = work()
    seconds, used = time.monotonic() - began, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    return result, Stage(name, seconds, used, aim, peak)


def _csv(count: int) -> bytes:
    rows = (f"lamp-{number:06},灯泡 {number}\n" for number in range(count))
    return ("DeviceName,Nickname\n" + "".join(rows)).encode()


def _workbook(count: int) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(("DeviceName", "Nickname"))
    for number in range(count):
        sheet.append((f"lamp-{number:06}", f"灯泡 {number}"))
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()
