"""Why a finding is dismissed."""

from django import forms
from django.utils.translation import gettext_lazy as _

from common.web.forms import ConsoleForm


class DismissForm(ConsoleForm):
    """Why a finding needs no attention, for whoever wonders later."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
        help_text=_("For example: two test benches share this name on purpose."),
    )
