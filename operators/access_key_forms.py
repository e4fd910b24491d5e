"""Forms for access keys."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.web.forms import ConsoleForm
from operators.models import AccessKeyScope
from operators.models.access_key import LONGEST_NAME


class AccessKeyForm(ConsoleForm):
    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_(
            "The program that uses it, such as production-line. The log and the audit "
            "trail show it."
        ),
    )
    scope = forms.ChoiceField(
        label=_("Scope"),
        choices=AccessKeyScope.choices,
        initial=AccessKeyScope.DEVICES,
        help_text=_(
            "Read only: queries without secrets. Devices: also secrets, and adding, changing and "
            "deleting devices. Everything: also products."
        ),
    )


class DeleteAccessKeyForm(ConsoleForm):
    """The name typed again: what uses the key stops working at once."""

    typed = forms.CharField(
        label=_("Type the name to confirm"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name = name

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if typed != self.name:
            raise forms.ValidationError(
                _("This is not the name. Type %(name)s."), params={"name": self.name}
            )
        return typed
