"""Saved filters of lists: keep, change, delete; and the list that opens with one."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.web.confirm_dialog import Act, ask
from common.web.forms import ConsoleForm, posted, safe_or_post
from operators.default_filters import may_see
from operators.models import Operator, SavedFilter
from operators.operations import saved_filters
from operators.operations.saved_filters import Wish
from operators.permissions import actor_of, operator_of


class SavedFilterForm(ConsoleForm):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    shared = forms.BooleanField(
        label=gettext_lazy("Share it with everybody"),
        required=False,
        help_text=gettext_lazy(
            "Others can see and use it; only you can change or delete it. Accounts limited to "
            "some products see it only if it holds no text and names no other product."
        ),
    )
    is_default = forms.BooleanField(
        label=gettext_lazy("Open the list with it"),
        required=False,
        help_text=gettext_lazy("Only for you, when you open the list without a filter."),
    )

    def __init__(self, operator: Operator, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not operator.may_change:
            del self.fields["shared"]


def _form(request: HttpRequest, initial: Mapping[str, Any]) -> SavedFilterForm:
    return SavedFilterForm(operator_of(request), posted(request), initial=dict(initial))


def _wish(data: Mapping[str, Any]) -> Wish:
    return Wish(data["name"], bool(data.get("shared")), bool(data["is_default"]))


@safe_or_post
def new(request: HttpRequest) -> HttpResponse:
    """Keep `query` of the list `list`, both in the URL."""
    page, query = request.GET.get("list", ""), request.GET.get("query", "")
    try:
        here = f"{reverse(page)}?{saved_filters.normalised(query)}"
    except NoReverseMatch as error:
        raise Http404(_("There is no such list.")) from error
    act = Act(
        title=_("Save this filter"),
        button=_("Save"),
        done=_("Saved the filter."),
        back=here,
    )

    def perform(data: Mapping[str, Any]) -> object:
        return saved_filters.save(actor_of(request), operator_of(request), page, query, _wish(data))

    return ask(request, act, perform, _form(request, {}))


def _own_or_404(request: HttpRequest, key: int) -> SavedFilter:
    saved = SavedFilter.objects.filter(operator=operator_of(request), pk=key).first()
    if saved is None or not may_see(saved, operator_of(request)):
        raise Http404(_("This filter does not exist or was deleted."))
    return saved


@safe_or_post
def edit(request: HttpRequest, key: int) -> HttpResponse:
    saved = _own_or_404(request, key)
    act = Act(
        title=_("Change the filter %(name)s") % {"name": saved.name},
        button=_("Save"),
        done=_("Changed the filter."),
        back=saved.get_absolute_url(),
    )
    initial = {"name": saved.name, "shared": saved.shared, "is_default": saved.is_default}

    def perform(data: Mapping[str, Any]) -> object:
        return saved_filters.change(actor_of(request), operator_of(request), key, _wish(data))

    context = {"delete_url": reverse("operators:delete_filter", args=[key])}
    return ask(request, act, perform, _form(request, initial), context=context)


@safe_or_post
def delete(request: HttpRequest, key: int) -> HttpResponse:
    saved = _own_or_404(request, key)
    shared = _("It is shared with everybody. Nobody sees it afterwards.")
    act = Act(
        title=_("Delete the filter %(name)s") % {"name": saved.name},
        sentences=(shared,) if saved.shared else (_("What it shows stays as it is."),),
        button=_("Delete the filter"),
        done=_("Deleted the filter %(name)s.") % {"name": saved.name},
        back=saved.get_absolute_url(),
        danger=True,
    )
    return ask(
        request,
        act,
        lambda _data: saved_filters.delete(actor_of(request), operator_of(request), key),
    )
