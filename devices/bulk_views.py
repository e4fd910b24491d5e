"""Acts on many devices: the count and the names first, then the act, at once or as a job."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext
from django.views.decorators.http import require_safe

from common.sql.paging import Counted
from common.web.confirm_dialog import kept
from common.web.forms import ConsoleForm
from common.web.htmx import DIALOG, go, render_page
from devices.blocks import SAYING, Blocked, after_act_on_many, blocked_among
from devices.bulk_actions import ACTS, AT_ONCE, TYPED_FROM, BulkAct, job_kind
from devices.bulk_jobs import skipped_in_words
from devices.bulk_selection import Chosen, Matching, filters_in, list_query, selected, undo_of
from devices.operations.manage_many import Outcome
from jobs.operations import submit
from operators.guards import dangerous_act, dangerous_post
from operators.permissions import actor_of

# A number as the dialog writes it into the form; Python's int() reads far more than that.
_COUNT = re.compile(r"[0-9]{1,18}")


class BulkForm(ConsoleForm):
    """`count` is the number the dialog has told; from TYPED_FROM on it is typed as well.

    With `more` it has told that they are at least so many.
    """

    count = forms.IntegerField(widget=forms.HiddenInput, required=False)
    more = forms.BooleanField(widget=forms.HiddenInput, required=False)
    typed = forms.CharField(
        label="", widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"})
    )
    refuse_registration = forms.BooleanField(
        label=gettext_lazy("Block new registrations"),
        required=False,
        help_text=gettext_lazy(
            "Otherwise those that are not blocked can register again while Dynamic Registration "
            "is on, clones too."
        ),
    )

    def __init__(self, act: BulkAct, counted: Counted, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.counted = counted
        self.fields["typed"].label = _("Type %(count)s to confirm") % {"count": self._told}
        if counted.exact and counted.number < TYPED_FROM:
            del self.fields["typed"]
        if act.key != "clear":
            del self.fields["refuse_registration"]

    @property
    def _told(self) -> int:
        """Compare the typed number with the one on the screen, even if there are more by now."""
        said = self.data.get("count", "")
        number = int(said) if _COUNT.fullmatch(said) else self.counted.number
        at_least = "more" in self.data and number <= self.counted.number
        return number if at_least else self.counted.number

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if typed.translate({ord(mark): None for mark in ", ._+"}) != str(self._told):
            raise forms.ValidationError(
                _("This is not the number of devices. Type %(count)s.") % {"count": self._told}
            )
        return typed

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        # What was agreed to must not grow or shrink on the way.
        if cleaned.get("count") != self._told:
            raise forms.ValidationError(
                _("The number of devices has changed. Check it, then confirm.")
            )
        return cleaned


# What a code is for; an unknown act gets no further than the code.
_PHRASES = {
    "enable": gettext_noop("enable devices"),
    "disable": gettext_noop("disable devices"),
    "reset": gettext_noop("reset devices"),
    "clear": gettext_noop("clear devices"),
    "delete": gettext_noop("delete devices"),
}


def _phrase(act: str) -> str:
    return _PHRASES.get(act, gettext_noop("change devices"))


@dangerous_act(_phrase)
def bulk(request: HttpRequest, act: str) -> HttpResponse:
    """The dialog of one act for the devices that the URL selects; see devices.bulk_selection."""
    wanted = ACTS.get(act)
    if wanted is None:
        raise Http404(_("There is no such action."))
    devices = selected(request, request.GET)
    if request.method != "POST":
        form = BulkForm(wanted, devices.counted(), initial=kept(request))
        return _dialog(request, wanted, devices, form)
    keys = list(devices.keys())
    form = BulkForm(wanted, Counted(len(keys)), request.POST)
    if keys and form.is_valid():
        return _perform(request, wanted, keys, form.cleaned_data)
    return _dialog(request, wanted, devices, form, status=422)


def _dialog(
    request: HttpRequest,
    act: BulkAct,
    devices: Chosen | Matching,
    form: BulkForm,
    status: int = 200,
) -> HttpResponse:
    names, counted = devices.names(), form.counted
    context = {
        "act": act,
        "sentences": [*act.sentences, *_about_blocks(act, devices, counted)],
        "form": form,
        "counted": counted,
        "names": ", ".join(names),
        "more": Counted(max(0, counted.number - len(names)), counted.exact),
        "as_job": not counted.exact or counted.number > AT_ONCE,
        "title": _title(act, counted),
        "back": _back(request),
    }
    return render_page(request, "devices/bulk.html", context, regions=(DIALOG,), status=status)


def _about_blocks(act: BulkAct, devices: Chosen | Matching, counted: Counted) -> list[str]:
    """Which blocks the act keeps, lifts or removes; of so many they are not counted."""
    if act.key not in SAYING:
        return []
    few = counted.exact and counted.number <= AT_ONCE
    blocked = blocked_among(list(devices.keys())) if few else Blocked()
    return after_act_on_many(act.key, blocked)


def _title(act: BulkAct, counted: Counted) -> str:
    text = ngettext("%(act)s %(count)s device", "%(act)s %(count)s devices", counted.number)
    return text % {"act": act.title, "count": counted}


def _back(request: HttpRequest) -> str:
    """The page the dialog was opened from; without scripts, the list with its filters."""
    htmx = getattr(request, "htmx", None)
    page: str | None = htmx.current_url_abs_path if htmx else None
    return page or f"{reverse('devices:list')}{list_query(request.GET)}"


def _perform(
    request: HttpRequest, act: BulkAct, keys: list[int], data: Mapping[str, Any]
) -> HttpResponse:
    params = {name: value for name, value in data.items() if name == "refuse_registration"}
    if len(keys) <= AT_ONCE:
        return _told(request, act, act.perform(actor_of(request), keys, params))
    job = submit(actor_of(request), job_kind(act.key), params=params, rows=keys)
    return go(request, job.get_absolute_url(), _("The job has started."), trail=job.target)


def _told(request: HttpRequest, act: BulkAct, outcome: Outcome) -> HttpResponse:
    """Back on the page, with what was done and what was not."""
    changed = outcome.changed
    reasons = Counter(each.reason for each in outcome.skipped)
    words = [act.done(len(changed)) % {"count": len(changed)}, *skipped_in_words(dict(reasons))]
    trail = changed[0].target if len(changed) == 1 else ""
    return go(request, _back(request), " ".join(words), trail=trail, undo=undo_of(act, changed))


@dangerous_post(_phrase)
def undo(request: HttpRequest, act: str) -> HttpResponse:
    """Enable or Disable from a toast, without a dialog. It can be undone in turn."""
    wanted = ACTS.get(act)
    if wanted is None or not wanted.opposite:
        raise Http404(_("There is no such action."))
    keys = list(selected(request, request.POST).keys())
    return _told(request, wanted, wanted.perform(actor_of(request), keys[:AT_ONCE], {}))


@require_safe
def count(request: HttpRequest) -> HttpResponse:
    """How many devices match the filters: what the button that selects them all says."""
    params = filters_in(request.GET)
    params["all"] = "on"
    counted = selected(request, params).counted()
    return render_page(request, "devices/_match_count.html", {"counted": counted})
