"""Forms for moving a fleet in."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.web.forms import ConsoleForm
from imports.fleet.merge import MOST_ROWS
from protocol.validators import PRODUCT_KEY_PATTERN

# So many times BATCH_FILE_MB may the files of one import measure together.
MOST_LARGE_FILES = 5


def largest_upload() -> int:
    """Bytes of all files of one import together."""
    return MOST_LARGE_FILES * (settings.BATCH_FILE_MB << 20)


class FilesInput(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One file or more."""

    def clean(self, data: Any, initial: Any = None) -> "list[UploadedFile[bytes]]":
        given = data if isinstance(data, list) else [data]
        return [super(FilesField, self).clean(each, initial) for each in given or [None]]


class FleetForm(ConsoleForm):
    file = FilesField(
        label=gettext_lazy("Files"),
        widget=FilesInput(attrs={"class": "drop", "accept": ".csv,.txt,.xlsx,.json,.jsonl"}),
    )
    product_key = forms.CharField(
        label=gettext_lazy("ProductKey for rows without one"),
        required=False,
        validators=[
            RegexValidator(
                rf"\A{PRODUCT_KEY_PATTERN}\Z",
                gettext_lazy("A ProductKey has 1 to 20 letters and digits."),
            )
        ],
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    assume_activated = forms.BooleanField(
        label=gettext_lazy("Treat devices as activated unless the files say otherwise"),
        required=False,
        help_text=gettext_lazy(
            "Tick this if the devices are in use. Their DeviceSecrets are then issued to nobody, "
            "unless you reset the device."
        ),
    )

    def __init__(self, dropped: Sequence[str], *args: Any, **kwargs: Any) -> None:
        """`dropped` are names of files that were too large to be taken at all."""
        super().__init__(*args, **kwargs)
        self._dropped = dropped
        together = MOST_LARGE_FILES * settings.BATCH_FILE_MB
        size = {"size": settings.BATCH_FILE_MB, "together": together, "most": f"{MOST_ROWS:,}"}
        missing = _("Choose CSV, XLSX or JSON files of at most %(size)s MB each.")
        self.fields["file"].error_messages["required"] = missing % size
        self.fields["file"].help_text = (
            _(
                "CSV, XLSX or JSON, one or more files; at most %(size)s MB each, %(together)s MB "
                "together and %(most)s rows in all. Drop them here or choose them."
            )
            % size
        )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self._dropped and "file" not in self.errors:
            text = _("Too large (over %(size)s MB), split before uploading: %(names)s.")
            facts = {"size": settings.BATCH_FILE_MB, "names": ", ".join(self._dropped)}
            self.add_error("file", text % facts)
        return cleaned
