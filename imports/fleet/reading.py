"""Everything that was given, as products and devices with what is wrong with each by itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO

from django.utils.translation import gettext as _

from common.errors import OperationError
from imports.batches.budget import Budget
from imports.batches.reading import opened
from imports.fleet.api_dumps import gather_answers, is_json
from imports.fleet.merge import Fleet
from imports.fleet.problems import Note, of_file
from imports.fleet.records import PROBLEM_SIZE, Item
from imports.fleet.tables import table_records
from imports.fleet.validation import check


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file as it was given; one that is open is read piece by piece."""

    name: str
    content: bytes | IO[bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reading:
    """`rows` is how many there were: several may tell of one device."""

    file_names: list[str]
    items: list[Item]
    notes: list[Note]
    rows: int


def read_fleet(
    files: Sequence[GivenFile],
    largest: int,
    product_key: str = "",
    budget: Budget | None = None,
) -> Reading:
    """Read all files together. Rows that name no ProductKey are of `product_key`.

    `largest` is what one file may measure, in bytes. Raises OperationError, which names the file.
    """
    names = [file.name for file in files]
    fleet = Fleet(names, product_key, budget)
    return reading_of(fleet, names, read_into(fleet, files, largest))


def read_into(fleet: Fleet, files: Sequence[GivenFile], largest: int) -> list[Note]:
    """Have the fleet know what the files say; returns what was peculiar about them."""
    notes: list[Note] = []
    for number, file in enumerate(files):
        try:
            _read(fleet, file, number, largest, notes)
        except OperationError as error:
            raise OperationError(of_file(file.name, error.text), field="file") from error
    return notes


def reading_of(fleet: Fleet, names: list[str], notes: list[Note]) -> Reading:
    """Check what was gathered; raises OperationError if it is nothing."""
    items = fleet.items()
    if not items:
        raise OperationError(_("The file contains no product or device."), field="file")
    for item in items:
        check(item)
        fleet.budget.spend(PROBLEM_SIZE * len(item.problems))
    return Reading(names, items, notes, fleet.records)


def _read(fleet: Fleet, file: GivenFile, number: int, largest: int, notes: list[Note]) -> None:
    content = opened(file.content, largest)
    if is_json(content):
        gather_answers(content, number, fleet)
        return
    place = number, file.name
    for record in table_records(content, place, largest, fleet.budget, notes):
        fleet.add(record)
