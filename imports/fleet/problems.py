"""Problems of a fleet import's files, and how to fix them.

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
from imports.batches.problems import readable


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
        _("The ProductKey is missing, and nothing else in the files identifies it."),
        _("Fill in the ProductKey, or choose the product for rows without one."),
    ),
    "product_key_shape": Words(
        _("A ProductKey has 1 to 20 letters and digits."),
        _WHOLE,
    ),
    "missing_device_name": Words(
        _("The DeviceName is missing."),
        _("Fill in the DeviceName, or delete the row."),
    ),
    **{
        key: _of_batches(key)
        for key in ("missing", "short", "long", "characters", "scientific", "not_carried")
    },
    "rounded": _of_batches("rounded"),
    "date": Words(
        _("The spreadsheet turned the value into a date."),
        _("Format the column as text, then enter the value again."),
    ),
    "error": Words(
        _("The cell contains a spreadsheet error."),
        _("Enter the value itself, not a formula."),
    ),
    "nickname_length": _of_batches("nickname_length", warning=True),
    "nickname_characters": _of_batches("nickname_characters", warning=True),
    "product_name_shape": Words(
        _("This name breaks the rule for product names. The ProductKey becomes the name."),
        _("No action is needed. Rename the product later, or correct the name here."),
        warning=True,
    ),
    "asterisks": Words(
        _("The value contains asterisks: it is the masked form shown on screens."),
        _("Export the credentials again with an account that may see them."),
    ),
    "secret_shape": Words(
        _(
            "A secret has 1 to 63 visible ASCII characters without quotation mark and backslash. "
            "SDKs could not read this one."
        ),
        _WHOLE,
    ),
    "iot_id_shape": Words(
        _("An IotId has at most 64 letters, digits, - and _."),
        _WHOLE,
    ),
    "client_id_shape": Words(
        _("An issued ClientID has at most 64 letters, digits and . _ : @ & -."),
        _("Use the ClientID from QueryClientIds, not the clientId of connection parameters."),
    ),
    "token_alone": Words(
        _("The DeviceToken has no ClientID."),
        _("Add the ClientID that was issued together with it, or delete the DeviceToken."),
    ),
    "no_token": Words(
        _(
            "The DeviceToken of this ClientID is unknown: the cloud gives it to the device only. "
            "The device is refused here with this ClientID and has to register again."
        ),
        _("Add the DeviceToken if you have it. Otherwise see docs/migrating.md."),
        warning=True,
    ),
    "differs": Words(
        _("Conflicts with row %(row)s of %(file)s."),
        _ONE_ROW,
    ),
    "repeated_elsewhere": Words(
        _("Duplicates a value in row %(row)s of %(file)s that means something else."),
        _ONE_ROW,
    ),
    "too_many_client_ids": Words(
        _("With these the device would have more than five ClientIDs."),
        _("Remove ClientIDs that are no longer in use."),
    ),
    "unknown_iot_id": Words(
        _("No other row names the device of this IotId."),
        _("Add the QueryDevice response for its product."),
    ),
    "no_secret": Words(
        _("The DeviceSecret is missing, and so is a ClientID with its DeviceToken."),
        _("Add the DeviceSecret. For new credentials, use Batch Add instead."),
    ),
    "answer_error": Words(
        _("This response from the cloud is an error, not data: %(code)s."),
        _("Call it again, and save the successful response."),
    ),
    "answer_unknown": Words(
        _("This response contains no products or devices."),
        _("Save the complete responses of QueryProduct, QueryDevice and similar calls, unchanged."),
    ),
}

# Against what this server has.
_HERE: Mapping[str, Words] = {
    "other_product_secret": Words(
        _("The product has another ProductSecret here."),
        _("Correct it. If you rotated it here, leave the ProductSecret empty."),
    ),
    "product_name_taken": Words(
        _("Another product has this name here: %(product)s."),
        _("Rename that product, or enter another ProductName for this one."),
    ),
    "no_product": Words(
        _("The product does not exist here, and no row has its ProductSecret."),
        _("Add its ProductSecret, to this row or to a row of its own."),
    ),
    "product_left_out": Words(
        _("Its product cannot be imported."),
        _("Fix the row of the product first."),
    ),
    "other_device_secret": Words(
        _("The device has another DeviceSecret here."),
        _("Correct it. If the device here is the wrong one, delete it first."),
    ),
    "iot_id_taken": Words(
        _("Another device has this IotId here."),
        _("Correct the IotId, or leave it empty to have a new one."),
    ),
    "client_id_taken": Words(
        _("The ClientID belongs to another device here."),
        _("Correct the ClientID, or remove it."),
    ),
    "other_token": Words(
        _("The ClientID has another DeviceToken here."),
        _("Correct the DeviceToken, or remove the ClientID."),
    ),
    "registration_refused": Words(
        _("New ClientIDs have been blocked for this device here since Switch or Clear."),
        _("Remove the ClientID, or allow registration on Device Details first."),
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
        return str(PROBLEMS[self.key].reason) % readable(self.facts)

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
    """Return the problem of one of several files."""
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
