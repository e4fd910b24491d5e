"""What can be wrong with what a fleet import was given, and how to put it right.

Stored as key and facts without any secret, put into words when somebody reads them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from imports.batches.problems import NOTES as BATCH_NOTES
from imports.batches.problems import PROBLEMS as BATCH_PROBLEMS


@dataclass(frozen=True, slots=True)
class Words:
    """`warning` keeps nothing out: only what the problem is about is not imported."""

    reason: "str | Promise"
    fix: "str | Promise"
    warning: bool = False


def _of_batches(key: str, *, warning: bool = False) -> Words:
    words = BATCH_PROBLEMS[key]
    return Words(words.reason, words.fix, warning)


_ONE_ROW = _("Correct one of the two rows, or delete the wrong one.")
_WHOLE = _("Copy the whole value from the cloud's console, without changes.")

# By themselves, or against the other rows.
_IN_FILES: Mapping[str, Words] = {
    "missing_product_key": Words(
        _("There is no ProductKey, and nothing else in the files tells it."),
        _("Fill in the ProductKey, or say which product rows without one belong to."),
    ),
    "product_key_shape": Words(
        _("A ProductKey has 1 to 20 letters and digits."),
        _WHOLE,
    ),
    "missing_device_name": Words(
        _("There is no DeviceName."),
        _("Fill in the DeviceName, or delete the row."),
    ),
    **{
        key: _of_batches(key)
        for key in ("missing", "short", "long", "characters", "scientific", "not_carried")
    },
    "rounded": _of_batches("rounded"),
    "date": Words(
        _("The spreadsheet has turned the value into a date."),
        _("Format the column as text, then enter the value again."),
    ),
    "error": Words(
        _("The cell holds an error of the spreadsheet."),
        _("Put the value itself into the cell, not a formula."),
    ),
    "nickname_length": _of_batches("nickname_length", warning=True),
    "nickname_characters": _of_batches("nickname_characters", warning=True),
    "product_name_shape": Words(
        _("This name breaks the rule for product names. The ProductKey becomes the name."),
        _("Nothing has to be done. Rename the product later, or correct the name here."),
        warning=True,
    ),
    "asterisks": Words(
        _("The value holds asterisks: it is the masked form that is shown on screens."),
        _("Export the credentials again with an account that may see them."),
    ),
    "secret_shape": Words(
        _(
            "A secret has 1 to 63 visible ASCII characters without quotation mark and backslash; "
            "this one does not, and SDKs could not read it."
        ),
        _WHOLE,
    ),
    "iot_id_shape": Words(
        _("An IotId has at most 64 letters, digits, - and _."),
        _WHOLE,
    ),
    "client_id_shape": Words(
        _("An issued ClientID has at most 64 letters, digits and . _ : @ & -."),
        _("Take the ClientID of QueryClientIds, not the clientId of connection parameters."),
    ),
    "token_alone": Words(
        _("There is a DeviceToken without its ClientID."),
        _("Add the ClientID that was issued together with it, or delete the DeviceToken."),
    ),
    "no_token": Words(
        _(
            "The DeviceToken of this ClientID is not known: the cloud gives it to the device "
            "alone. With this ClientID the device is refused here and has to register again."
        ),
        _("Add the DeviceToken if you have it; docs/migrating.md says what happens otherwise."),
        warning=True,
    ),
    "differs": Words(
        _("Row %(row)s of %(file)s says something else."),
        _ONE_ROW,
    ),
    "repeated_elsewhere": Words(
        _("Row %(row)s of %(file)s has the same value for something else."),
        _ONE_ROW,
    ),
    "too_many_client_ids": Words(
        _("A device has at most five ClientIDs; with these it would have more."),
        _("Leave out ClientIDs that are not in use any more."),
    ),
    "unknown_iot_id": Words(
        _("No other row says which device this IotId belongs to."),
        _("Add the answer of QueryDevice for its product."),
    ),
    "no_secret": Words(
        _("There is no DeviceSecret, nor a ClientID with its DeviceToken."),
        _("Add the DeviceSecret. For new credentials, use Batch Add instead."),
    ),
    "answer_error": Words(
        _("This answer of the cloud is an error, not data: %(code)s."),
        _("Ask again, and save the answer that succeeds."),
    ),
    "answer_unknown": Words(
        _("This is no answer that tells of products or devices."),
        _("Save the whole answer of QueryProduct, QueryDevice and the like, as it is."),
    ),
}

# Against what this server has.
_HERE: Mapping[str, Words] = {
    "other_product_secret": Words(
        _("The product has another ProductSecret here."),
        _("Correct it. If it was rotated here on purpose, leave the ProductSecret empty."),
    ),
    "product_name_taken": Words(
        _("Another product has this name here: %(product)s."),
        _("Rename that product, or give this one another ProductName."),
    ),
    "no_product": Words(
        _("The product is not here, and there is no row with its ProductSecret."),
        _("Add its ProductSecret, to this row or to a row of its own."),
    ),
    "product_left_out": Words(
        _("Its product cannot be imported."),
        _("Put the row of the product right."),
    ),
    "other_device_secret": Words(
        _("The device has another DeviceSecret here."),
        _("Correct it. If the device here is the wrong one, delete it there first."),
    ),
    "iot_id_taken": Words(
        _("Another device has this IotId here."),
        _("Correct the IotId, or leave it empty to have a new one."),
    ),
    "client_id_taken": Words(
        _("The ClientID belongs to another device here."),
        _("Correct the ClientID, or leave it out."),
    ),
    "other_token": Words(
        _("The ClientID has another DeviceToken here."),
        _("Correct the DeviceToken, or leave the ClientID out."),
    ),
    "registration_refused": Words(
        _("After Switch or Clear the device accepts no new ClientIDs here."),
        _("Leave the ClientID out, or allow registration on Device Details first."),
    ),
}

PROBLEMS: Mapping[str, Words] = {**_IN_FILES, **_HERE}


@dataclass(frozen=True, slots=True)
class Problem:
    """`file` and `row` say where it stands, counted from 0 and 1; `value` is masked if secret."""

    column: str
    key: str
    file: int
    row: int
    value: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        return str(PROBLEMS[self.key].reason) % self.facts

    @property
    def fix(self) -> str:
        return str(PROBLEMS[self.key].fix)

    @property
    def warning(self) -> bool:
        """Whether the rest of its row is imported all the same."""
        return PROBLEMS[self.key].warning

    def as_data(self) -> list[Any]:
        """For JSON."""
        return [self.column, self.key, self.file, self.row, self.value, dict(self.facts)]


# What was peculiar about a file as a whole.
NOTES: Mapping[str, "str | Promise"] = {
    "gb18030": BATCH_NOTES["gb18030"],
    "more_sheets": BATCH_NOTES["more_sheets"],
    "unknown_columns": BATCH_NOTES["unknown_columns"],
    "repeated_columns": BATCH_NOTES["repeated_columns"],
}


def of_file(name: str, text: str) -> str:
    """What is said about one of several files."""
    return gettext("%(file)s: %(text)s") % {"file": name, "text": text}


@dataclass(frozen=True, slots=True)
class Note:
    """`file` is the name of the file it is about."""

    file: str
    key: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return of_file(self.file, str(NOTES[self.key]) % self.facts)

    def as_data(self) -> list[Any]:
        """For JSON."""
        return [self.file, self.key, dict(self.facts)]
