"""What an operator types or picks about a device (console_api.md 1.6, 1.8)."""

from collections.abc import Iterable
from typing import Any

from django import forms

from iotconsole.kit.forms import ConsoleForm
from products.models import Product


class AddDeviceForm(ConsoleForm):
    product = forms.ModelChoiceField(
        label="Product",
        queryset=Product.objects.defer("product_secret").order_by("name"),
        to_field_name="product_key",
        empty_label=None,
        error_messages={"invalid_choice": "This product does not exist (any more)."},
    )
    device_name = forms.CharField(
        label="DeviceName",
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
        help_text="4 to 32 characters: letters, digits and - _ @ . : — a MAC address, IMEI or "
        "serial number serves well. Leave it empty to have one generated.",
    )
    nickname = forms.CharField(
        label="Alias",
        required=False,
        max_length=64,
        help_text="4 to 64 characters; a Chinese or Japanese character counts as two.",
    )


class SwitchForm(ConsoleForm):
    """Which ClientID stays."""

    client_id = forms.ChoiceField(
        label="ClientID",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Pick the ClientID to keep.",
            "invalid_choice": "This ClientID is not in use any more. Pick another one.",
        },
    )

    def __init__(self, client_ids: Iterable[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["client_id"].choices = [(each, each) for each in client_ids]  # type: ignore[attr-defined]


class ClearForm(ConsoleForm):
    """The DeviceName typed again, so that nobody clears the wrong device by habit."""

    typed = forms.CharField(
        label="Type the DeviceName to confirm",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    refuse_registration = forms.BooleanField(
        label="Refuse new registrations",
        required=False,
        help_text="Otherwise the devices may register again while Dynamic Registration is on.",
    )

    def __init__(self, device_name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.device_name = device_name

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if typed != self.device_name:
            raise forms.ValidationError(f"This is not the DeviceName. Type {self.device_name}.")
        return typed
