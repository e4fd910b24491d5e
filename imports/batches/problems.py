"""What can be wrong with one row of an uploaded file, and how to put it right.

Stored as key and facts, put into words when somebody reads them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# The columns of the template (console_api.md 1.7).
DEVICE_NAME, NICKNAME = "DeviceName", "Nickname"
# What a device that is imported brings along.
DEVICE_SECRET, SN = "DeviceSecret", "Sn"


@dataclass(frozen=True, slots=True)
class Words:
    reason: "str | Promise"
    fix: "str | Promise"


PROBLEMS: Mapping[str, Words] = {
    "missing": Words(
        _("There is no DeviceName."),
        _("Write a DeviceName, or delete the row."),
    ),
    "short": Words(
        _("The DeviceName has %(length)s characters; it needs 4 to 32."),
        _("Make it at least 4 characters long."),
    ),
    "long": Words(
        _("The DeviceName has %(length)s characters; it needs 4 to 32."),
        _("Shorten it to 32 characters."),
    ),
    "characters": Words(
        _("The DeviceName holds %(found)s; only letters, digits and - _ @ . : are allowed."),
        _("Replace or remove these characters."),
    ),
    "scientific": Words(
        _("The spreadsheet has turned a long number into a rounded one; its digits are lost."),
        _("Format the column as text, then enter the number again."),
    ),
    "rounded": Words(
        _("The cell is a number of more than 15 digits; the spreadsheet has zeroed the others."),
        _("Format the column as text, then enter the number again."),
    ),
    "date": Words(
        _("The spreadsheet has turned the DeviceName into a date."),
        _("Format the column as text, then enter the DeviceName again."),
    ),
    "error": Words(
        _("The cell holds an error of the spreadsheet."),
        _("Put the DeviceName itself into the cell, not a formula."),
    ),
    "repeated": Words(
        _("The same DeviceName stands in row %(row)s already."),
        _("Delete one of the two rows, or correct the DeviceName."),
    ),
    "not_carried": Words(
        _("%(broker)s carries this product's data connections, but no DeviceName with %(found)s."),
        _("Replace these characters in the DeviceName, also in the device."),
    ),
    "taken": Words(
        _("The product has a device with this DeviceName already."),
        _("Delete the row, or correct the DeviceName."),
    ),
    "nickname_length": Words(
        _("The alias counts %(length)s characters; it needs 4 to 64, a Chinese one counts as two."),
        _("Lengthen or shorten it, or leave it empty."),
    ),
    "nickname_characters": Words(
        _("The alias holds %(found)s; only letters, digits, space, - and _ are allowed."),
        _("Replace or remove these characters."),
    ),
    "secret": Words(
        _("A DeviceSecret has 1 to 32 characters: letters, digits and - _ @ . : only."),
        _("Give the DeviceSecret that the device has."),
    ),
    "sn": Words(
        _("An SN has at most 64 characters: letters, digits and _ only."),
        _("Correct it, or leave it out."),
    ),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """`column` is one of the four above, `key` one of PROBLEMS."""

    column: str
    key: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        return str(PROBLEMS[self.key].reason) % self.facts

    @property
    def fix(self) -> str:
        return str(PROBLEMS[self.key].fix)


# What was peculiar about a file as a whole, and did not keep it from being read.
NOTES: Mapping[str, "str | Promise"] = {
    "gb18030": _("The file is not UTF-8. It was read as GB18030 (GBK)."),
    "no_header": _(
        "The first row is no header. The first column was taken for DeviceName, the second for "
        "Nickname."
    ),
    "unknown_columns": _("These columns mean nothing here and were ignored: %(names)s."),
    "secret_columns": _(
        "These columns were not even kept, because the server issues its own secrets: %(names)s."
    ),
    "repeated_columns": _(
        "These columns stand in the file more than once; the first of each was used: %(names)s."
    ),
    "surplus_cells": _(
        "%(count)s rows have more cells than the header; what is beyond it was ignored."
    ),
    "more_sheets": _("The workbook has %(count)s sheets. Only the first was read: %(name)s."),
}


@dataclass(frozen=True, slots=True)
class Note:
    key: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return str(NOTES[self.key]) % self.facts
