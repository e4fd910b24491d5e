"""Report of a fleet import, row by row. Holds no secret. Read only."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from imports.fleet.problems import Note, Problem
from imports.models import FleetImport

HEADER = ("File", "Row", "ProductKey", "DeviceName", "Field", "Value", "Left out", "Reason", "Fix")


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem, and the product or device that has it."""

    file_name: str
    product_key: str
    device_name: str
    problem: Problem


def findings(fleet: FleetImport) -> Iterator[Finding]:
    """In the order of the parts; reads one part at a time, and never what is encrypted."""
    parts = fleet.parts.exclude(problems=[]).order_by("number")
    for key in list(parts.values_list("pk", flat=True)):
        for product_key, device_name, data in fleet.parts.values_list("problems", flat=True).get(
            pk=key
        ):
            problem = Problem(*data)
            name = fleet.file_names[problem.file]
            yield Finding(name, product_key, device_name, problem)


def report_lines(fleet: FleetImport) -> Iterator[list[str]]:
    """A header and one line per problem."""
    yield list(HEADER)
    for each in findings(fleet):
        problem = each.problem
        yield [
            each.file_name,
            str(problem.row),
            each.product_key,
            each.device_name,
            problem.column,
            problem.value,
            _("no") if problem.warning else _("yes"),
            problem.reason,
            problem.fix,
        ]


def notes_of(fleet: FleetImport) -> list[Note]:
    """Say what was peculiar about the files."""
    return [Note(*data) for data in fleet.notes]
