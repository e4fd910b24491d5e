"""Forms for registration."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_filters.fields import IsoDateTimeField

from common.errors import OperationError
from common.web.forms import ConsoleForm, MomentInput
from products.models import Product, RegistrationModes
from products.name_pattern import MAX_PATTERN
from products.registration_window import (
    MAX_BUDGET,
    Window,
    check_change,
    check_window,
    window_state,
)
from registration.operations.rotate_secret import Overlap, check_overlap

ALWAYS, UNTIL = "always", "until"
OPEN_FOR = (
    (ALWAYS, _("Until I close it")),
    ("1", _("For 1 hour")),
    ("8", _("For 8 hours")),
    ("24", _("For 24 hours")),
    ("168", _("For 7 days")),
    (UNTIL, _("Until a date and time")),
)


class WindowForm(ConsoleForm):
    """Read from the URL: a code confirms exactly what stands there."""

    open_for = forms.ChoiceField(
        label=pgettext_lazy("registration window", "Open"), choices=OPEN_FOR
    )
    until = IsoDateTimeField(label=_("Closes at"), required=False, widget=MomentInput)
    budget = forms.IntegerField(
        label=_("Budget"),
        required=False,
        min_value=1,
        max_value=MAX_BUDGET,
        help_text=_("How many devices can register before it closes automatically."),
    )
    names = forms.CharField(
        label=_("DeviceNames"),
        required=False,
        max_length=MAX_PATTERN,
        help_text=_("A pattern such as lamp-* or 86[0-9]????. Upper and lower case differ."),
        widget=forms.TextInput(attrs={"class": "font-monospace", "spellcheck": "false"}),
    )
    networks = forms.CharField(
        label=_("Source networks"),
        required=False,
        max_length=500,
        help_text=_("Such as 203.0.113.0/24 or 2001:db8::/32, separated by spaces."),
        widget=forms.TextInput(attrs={"class": "font-monospace", "spellcheck": "false"}),
    )
    modes = forms.ChoiceField(
        label=_("authType"), required=False, choices=RegistrationModes.choices
    )
    # What stands behind "More limits".
    rare = ("names", "networks", "modes")

    window = Window()

    def __init__(self, product: Product, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._product = product

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        if data["open_for"] == UNTIL and not data["until"]:
            self.add_error("until", _("Choose the closing time."))
            return data
        try:
            self.window = check_window(_window(data), timezone.now())
            check_change(self._product, self.window, timezone.now())
        except OperationError as error:
            self.add_error(error.field if error.field in self.fields else "open_for", error.text)
        return data

    @property
    def has_rare(self) -> bool:
        """Whether the fold has to be open."""
        return any(
            self[name].value() not in {None, "", RegistrationModes.BOTH} for name in self.rare
        )


def _window(data: Mapping[str, Any]) -> Window:
    chosen = data["open_for"]
    return Window(
        hours=int(chosen) if chosen.isdigit() else None,
        until=data["until"] if chosen == UNTIL else None,
        budget=data["budget"],
        names=data["names"],
        networks=tuple(data["networks"].split()),
        modes=data["modes"] or RegistrationModes.BOTH,
    )


class RotateForm(ConsoleForm):
    """How long the old ProductSecret still serves. Read from the URL, as above."""

    overlap = forms.ChoiceField(
        label=_("The old ProductSecret"),
        choices=(
            ("0", _("Stops working now")),
            ("7", _("Works 7 more days")),
            ("30", _("Works 30 more days")),
            ("90", _("Works 90 more days")),
            (UNTIL, _("Works until a date and time")),
        ),
        initial="30",
    )
    until = IsoDateTimeField(label=_("Works until"), required=False, widget=MomentInput)

    chosen = Overlap()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        until = data["until"] if data["overlap"] == UNTIL else None
        if data["overlap"] == UNTIL and not until:
            self.add_error("until", _("Choose when it stops working."))
            return data
        overlap = Overlap(until=until) if until else Overlap(days=int(data["overlap"]))
        try:
            self.chosen = check_overlap(overlap, timezone.now())
        except OperationError as error:
            self.add_error("until", error.text)
        return data


class SinceForm(ConsoleForm):
    """From when on the drill lists what was registered."""

    since = IsoDateTimeField(label=_("Registered since"), widget=MomentInput)


def proposed(product: Product) -> dict[str, Any]:
    """How the form begins: as the window stands, or with whom it let in the last time."""
    state = window_state(product)
    limits = state.limits
    timed = state.open and limits.until is not None
    return {
        "open_for": UNTIL if timed else ALWAYS,
        "until": limits.until if timed else None,
        "budget": limits.budget,
        "names": limits.names,
        "networks": " ".join(limits.networks),
        "modes": limits.modes,
    }
