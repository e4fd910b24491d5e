"""Forms about one device (console_api.md 1.6, 1.8)."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from common.web.forms import ConsoleForm
from products.models import Product


class AddDeviceForm(ConsoleForm):
    product = forms.ModelChoiceField(
        label=_("Product"),
        queryset=Product.objects.none(),
        to_field_name="product_key",
        empty_label=None,
        error_messages={"invalid_choice": _("This product does not exist or was deleted.")},
    )
    device_name = forms.CharField(
        label="DeviceName",
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
        help_text=_(
            "4 to 32 characters: letters, digits and - _ @ . : — a MAC address, IMEI or serial "
            "number works well. Leave it empty to generate one."
        ),
    )
    nickname = forms.CharField(
        label=_("Alias"),
        required=False,
        max_length=64,
        help_text=_("4 to 64 characters; a Chinese or Japanese character counts as two."),
    )

    def __init__(self, products: QuerySet[Product], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = products.defer("product_secret").order_by("name")
        self.fields["product"].queryset = choices  # type: ignore[attr-defined]


class AliasForm(ConsoleForm):
    nickname = forms.CharField(
        label=_("Alias"),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
        help_text=_("4 to 64 characters; a Chinese or Japanese character counts as two."),
    )


class SwitchForm(ConsoleForm):
    """Which ClientID stays."""

    client_id = forms.ChoiceField(
        label="ClientID",
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose the ClientID to keep."),
            "invalid_choice": _("This ClientID is no longer in use. Choose another one."),
        },
    )

    def __init__(self, client_ids: Iterable[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["client_id"].choices = [(each, each) for each in client_ids]  # type: ignore[attr-defined]


class ClearForm(ConsoleForm):
    """The DeviceName typed again, so that nobody clears the wrong device by habit."""

    typed = forms.CharField(
        label=_("Type the DeviceName to confirm"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    refuse_registration = forms.BooleanField(label=_("Block new registrations"), required=False)

    def __init__(self, device_name: str, *args: Any, blocked: bool = False, **kwargs: Any) -> None:
        """With `blocked` there is nothing to choose: registration is refused already."""
        super().__init__(*args, **kwargs)
        self.device_name = device_name
        if blocked:
            # Sent along, so that the dialog holds what it says whatever others do meanwhile.
            self.fields["refuse_registration"].widget = forms.HiddenInput()
            self.fields["refuse_registration"].initial = True

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if typed != self.device_name:
            raise forms.ValidationError(
                _("This is not the DeviceName. Type %(name)s."), params={"name": self.device_name}
            )
        return typed
