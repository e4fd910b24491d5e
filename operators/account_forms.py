"""Forms for accounts: an administrator's, and an invited person's own."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.web.forms import ConsoleForm
from operators.models import Role

_ROLE_HELP = _(
    "A viewer looks. An operator also changes products and devices. An administrator also "
    "manages accounts and sees all products."
)


class InviteForm(ConsoleForm):
    username = forms.CharField(
        label=_("Username"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    email = forms.EmailField(
        label=_("E-mail"),
        required=False,
        help_text=_("Note about the account's owner; nothing is sent."),
    )
    role = forms.ChoiceField(
        label=_("Role"), choices=Role.choices, initial=Role.OPERATOR, help_text=_ROLE_HELP
    )
    every_product = forms.BooleanField(
        label=_("All products"),
        required=False,
        initial=True,
        help_text=_("Otherwise choose the products on the account's page."),
    )


class RoleForm(ConsoleForm):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, help_text=_ROLE_HELP)


class AcceptForm(ConsoleForm):
    """The code comes from the link; the passwords are never shown again."""

    code = forms.CharField(
        label=_("Invitation code"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-invitation-code": True}),
        help_text=_("The part after the # in your invitation link."),
    )
    name = forms.CharField(
        label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("10 characters or more."),
    )
    again = forms.CharField(
        label=_("Password again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("password") != cleaned.get("again"):
            self.add_error("again", _("The two passwords differ."))
        return cleaned
