"""Problems of one row of an uploaded file, and how to fix them.

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
        _("The DeviceName is missing."),
        _("Enter a DeviceName, or delete the row."),
    ),
    "short": Words(
        _("The DeviceName is too short (%(length)s; minimum 4)."),
        _("Use at least 4 characters."),
    ),
    "long": Words(
        _("The DeviceName is too long (%(length)s; maximum 32)."),
        _("Use at most 32 characters."),
    ),
    "characters": Words(
        _("The DeviceName contains %(found)s; only letters, digits and - _ @ . : are allowed."),
        _("Replace or remove these characters."),
    ),
    "scientific": Words(
        _("The spreadsheet rounded a long number; its last digits are lost."),
        _("Format the column as text, then enter the number again."),
    ),
    "rounded": Words(
        _("The number has more than 15 digits; the spreadsheet replaced the rest with zeros."),
        _("Format the column as text, then enter the number again."),
    ),
    "date": Words(
        _("The spreadsheet turned the DeviceName into a date."),
        _("Format the column as text, then enter the DeviceName again."),
    ),
    "error": Words(
        _("The cell contains a spreadsheet error."),
        _("Enter the DeviceName itself, not a formula."),
    ),
    "repeated": Words(
        _("The DeviceName duplicates row %(row)s."),
        _("Delete one of the two rows, or correct the DeviceName."),
    ),
    "not_carried": Words(
        _(
            "%(broker)s carries this product's data connections and does not support a DeviceName "
            "with %(found)s."
        ),
        _("Replace these characters in the DeviceName, in the device too."),
    ),
    "taken": Words(
        _("The product already has a device with this DeviceName."),
        _("Delete the row, or correct the DeviceName."),
    ),
    "nickname_length": Words(
        _("The alias has the wrong length (%(length)s; minimum 4, maximum 64)."),
        _("Lengthen or shorten it, or leave it empty. A Chinese character counts as two."),
    ),
    "nickname_characters": Words(
        _("The alias contains %(found)s; only letters, digits, space, - and _ are allowed."),
        _("Replace or remove these characters."),
    ),
    "secret": Words(
        _("A DeviceSecret has 1 to 32 characters: letters, digits and - _ @ . : only."),
        _("Enter the DeviceSecret that the device has."),
    ),
    "sn": Words(
        _("An SN has at most 64 characters: letters, digits and _ only."),
        _("Correct it, or remove it."),
    ),
}


def readable(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """The facts with a space named, which is stored by its number and cannot be seen."""
    if "found" not in facts:
        return facts
    return {**facts, "found": facts["found"].replace("U+0020", str(_("a space")))}


@dataclass(frozen=True, slots=True)
class Problem:
    """`column` is one of the four above, `key` one of PROBLEMS."""

    column: str
    key: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        return str(PROBLEMS[self.key].reason) % readable(self.facts)

    @property
    def fix(self) -> str:
        return str(PROBLEMS[self.key].fix)


# What was peculiar about a file as a whole, and did not keep it from being read.
NOTES: Mapping[str, "str | Promise"] = {
    "gb18030": _("The file is not UTF-8. It was read as GB18030 (GBK)."),
    "no_header": _(
        "The first row is not a header. The first column was read as DeviceName, the second as "
        "Nickname."
    ),
    "unknown_columns": _("These columns are unknown and were ignored: %(names)s."),
    "secret_columns": _(
        "These columns were not kept, because the server issues its own secrets: %(names)s."
    ),
    "repeated_columns": _(
        "These columns appear more than once; the first of each was used: %(names)s."
    ),
    "surplus_cells": _(
        "Rows with more cells than the header: %(count)s. The extra cells were ignored."
    ),
    "more_sheets": _("The workbook has %(count)s sheets. Only the first was read: %(name)s."),
}


@dataclass(frozen=True, slots=True)
class Note:
    key: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return str(NOTES[self.key]) % self.facts
