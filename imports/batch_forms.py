"""Forms about a batch of devices (console_api.md 1.7)."""

from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.web.forms import ConsoleForm
from imports.batches.reading import MOST_ROWS
from imports.models import BatchMethod
from imports.operations.batches import LONGEST_PREFIX
from products.models import Product

# The fields that only one of the methods needs.
_NEEDED = {BatchMethod.AUTO: "count", BatchMethod.UPLOAD: "file"}
METHODS = [(method, method.label) for method in _NEEDED]


def largest_upload() -> int:
    """Bytes that are taken: more than a file may have, so that the form can say how much."""
    return (settings.BATCH_FILE_MB << 20) * 5 // 4


class BatchForm(ConsoleForm):
    # The browser must not insist on a field of the other method, which it does not show.
    use_required_attribute = False

    product = forms.ModelChoiceField(
        label=gettext_lazy("Product"),
        queryset=Product.objects.none(),
        to_field_name="product_key",
        empty_label=None,
        error_messages={
            "invalid_choice": gettext_lazy("This product does not exist or was deleted.")
        },
    )
    method = forms.ChoiceField(
        label=gettext_lazy("Method"),
        choices=METHODS,
        widget=forms.RadioSelect,
        initial=BatchMethod.AUTO,
    )
    count = forms.IntegerField(
        label=gettext_lazy("Number of devices"),
        error_messages={"required": gettext_lazy("Enter the number of devices.")},
    )
    name_prefix = forms.CharField(
        label=gettext_lazy("DeviceName begins with"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    file = forms.FileField(
        label=gettext_lazy("List of devices"),
        widget=forms.FileInput(attrs={"class": "drop", "accept": ".csv,.txt,.xlsx"}),
    )

    def __init__(self, products: QuerySet[Product], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen_from = products.defer("product_secret").order_by("name")
        self.fields["product"].queryset = chosen_from  # type: ignore[attr-defined]
        self._describe()

    def _describe(self) -> None:
        """Put today's limits into the words."""
        self.fields["count"].widget.attrs |= {"min": 1, "max": MOST_ROWS}
        self.fields["count"].help_text = _("1 to %(most)s.") % {"most": f"{MOST_ROWS:,}"}
        self.fields["name_prefix"].help_text = _(
            "At most %(most)s characters; random letters and digits follow."
        ) % {"most": LONGEST_PREFIX}
        missing = _("Choose a CSV or XLSX file of at most %(size)s MB.")
        size = {"size": settings.BATCH_FILE_MB}
        self.fields["file"].error_messages["required"] = missing % size
        self.fields["file"].help_text = _(
            "CSV or XLSX, at most %(most)s rows and %(size)s MB. Drop the file here or choose it."
        ) % {"most": f"{MOST_ROWS:,}", "size": settings.BATCH_FILE_MB}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for method, needed in _NEEDED.items():
            if method != cleaned.get("method"):
                self.errors.pop(needed, None)
        return cleaned


class AddBatchForm(ConsoleForm):
    """Choice for DeviceNames that are taken between the check and the adding."""

    all_or_nothing = forms.BooleanField(
        label=gettext_lazy("All or nothing"),
        required=False,
        help_text=gettext_lazy(
            "If a DeviceName was taken after the check, add no device. Otherwise the others are "
            "added."
        ),
    )


class LabelForm(ConsoleForm):
    """Which sheets are in the printer; sizes in imports.labels."""

    per = forms.TypedChoiceField(label=gettext_lazy("Labels per sheet"), coerce=int)
    start = forms.IntegerField(
        label=gettext_lazy("First free label"), min_value=1, max_value=65, required=False
    )

    def __init__(self, sizes: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["per"].choices = [(each, str(each)) for each in sizes]  # type: ignore[attr-defined]
