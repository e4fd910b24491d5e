"""Everything that was given, as products and devices with what is wrong with each by itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from devices.fleet.answers import gather_answers, is_json
from devices.fleet.gather import Fleet
from devices.fleet.items import Item
from devices.fleet.problems import Note, of_file
from devices.fleet.rules import check
from devices.fleet.tables import table_records
from iotconsole.kit.errors import OperationError

# Rows of all files together: what a process of a few hundred MB can put together.
MOST_ROWS = 250_000


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file as it was given."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reading:
    """`rows` is how many there were: several may tell of one device."""

    file_names: list[str]
    items: list[Item]
    notes: list[Note]
    rows: int


def read_fleet(files: Sequence[GivenFile], largest: int, product_key: str = "") -> Reading:
    """Read all files together. Rows that name no ProductKey are of `product_key`.

    `largest` is what one file may measure, in bytes. Raises OperationError, which names the file.
    """
    names = [file.name for file in files]
    fleet = Fleet(names, product_key)
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
    """What was gathered, checked; raises OperationError when it is nothing."""
    items = fleet.items()
    if not items:
        raise OperationError(_("There is no product or device in it."), field="file")
    for item in items:
        check(item)
    return Reading(names, items, notes, fleet.records)


def _read(fleet: Fleet, file: GivenFile, number: int, largest: int, notes: list[Note]) -> None:
    if len(file.content) > largest:
        raise OperationError(
            _("The file is larger than %(size)s MB. Divide it.") % {"size": largest >> 20}
        )
    if is_json(file.content):
        gather_answers(file.content, number, fleet)
    else:
        for record in table_records(file.content, number, file.name, largest, notes):
            fleet.add(record)
            if fleet.records > MOST_ROWS:
                raise _too_many()
    if fleet.records > MOST_ROWS:
        raise _too_many()


def _too_many() -> OperationError:
    return OperationError(
        _("There are more than %(most)s rows. Import them in several goes.")
        % {"most": f"{MOST_ROWS:,}"}
    )
