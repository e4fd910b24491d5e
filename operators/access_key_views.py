"""Access keys: one's own, and for administrators those of everybody."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from common.sql.paging import keyset_page
from common.web.confirm_dialog import Act, ask, kept
from common.web.forms import attempt, posted
from common.web.htmx import DIALOG, render_page
from operators.access_key_forms import AccessKeyForm, DeleteAccessKeyForm
from operators.guards import dangerous_act, operator_act
from operators.models import AccessKey, AccessKeyScope, Operator
from operators.operations import access_keys
from operators.permissions import actor_of, operator_of

PAGE_SIZE = 50


def visible_access_keys(operator: Operator) -> QuerySet[AccessKey]:
    """Without their secrets."""
    keys = AccessKey.objects.select_related("operator").defer("secret")
    return keys if operator.is_admin else keys.filter(operator=operator)


def _key_or_404(request: HttpRequest, access_key_id: str) -> AccessKey:
    keys = visible_access_keys(operator_of(request))
    key = keys.filter(access_key_id=access_key_id).first()
    if key is None:
        raise Http404(_("This access key does not exist or was deleted."))
    return key


@require_safe
def access_key_list(request: HttpRequest) -> HttpResponse:
    page = keyset_page(visible_access_keys(operator_of(request)), request.GET, size=PAGE_SIZE)
    return render_page(request, "operators/access_keys/list.html", {"page": page})


@never_cache
@dangerous_act(gettext_noop("create an access key"))
def create(request: HttpRequest) -> HttpResponse:
    """Make a key; the answer shows its secret, which can be seen only there."""
    form = AccessKeyForm(posted(request), initial=dict(kept(request)) or None)
    if form.is_valid():
        name, scope = form.cleaned_data["name"], AccessKeyScope(form.cleaned_data["scope"])
        key = attempt(form, lambda: access_keys.create_access_key(actor_of(request), name, scope))
        if key:
            return _show_secret(request, key)
    context = {"form": form, "back": reverse("operators:access_keys")}
    template = "operators/access_keys/create.html"
    status = 422 if form.is_bound else 200
    return render_page(request, template, context, regions=(DIALOG,), status=status)


def _show_secret(request: HttpRequest, key: AccessKey) -> HttpResponse:
    context = {"key": key, "endpoint": urlsplit(settings.CONSOLE_URL).netloc}
    return render_page(request, "operators/access_keys/created.html", context, regions=(DIALOG,))


@dangerous_act(gettext_noop("change access key %(access_key_id)s"))
def change(request: HttpRequest, access_key_id: str) -> HttpResponse:
    """Name and scope; id and secret stay."""
    key = _key_or_404(request, access_key_id)
    act = Act.of(
        key,
        _("Change access key %(name)s"),
        _("AccessKeyId and AccessKeySecret stay as they are."),
        button=_("Save"),
        done=_("Changed access key %(name)s."),
    )
    form = AccessKeyForm(posted(request), initial={"name": key.name, "scope": key.scope})

    def perform(data: Mapping[str, Any]) -> object:
        scope = AccessKeyScope(data["scope"])
        return access_keys.change_access_key(actor_of(request), access_key_id, data["name"], scope)

    return ask(request, act, perform, form)


@operator_act
def disable(request: HttpRequest, access_key_id: str) -> HttpResponse:
    """Asks for no code: it only takes away, and may have to be quick."""
    key = _key_or_404(request, access_key_id)
    act = Act.of(
        key,
        _("Disable access key %(name)s"),
        _("Requests signed with it are refused now, until you enable it again."),
        button=_("Disable"),
        done=_("Disabled access key %(name)s."),
        danger=True,
    )
    return ask(request, act, lambda _data: _turn(request, key, enabled=False))


@dangerous_act(gettext_noop("enable access key %(access_key_id)s"))
def enable(request: HttpRequest, access_key_id: str) -> HttpResponse:
    key = _key_or_404(request, access_key_id)
    act = Act.of(
        key,
        _("Enable access key %(name)s"),
        _("Requests signed with it are answered again."),
        button=_("Enable"),
        done=_("Enabled access key %(name)s."),
    )
    return ask(request, act, lambda _data: _turn(request, key, enabled=True))


def _turn(request: HttpRequest, key: AccessKey, *, enabled: bool) -> AccessKey:
    return access_keys.set_access_key_enabled(actor_of(request), key.access_key_id, enabled=enabled)


@dangerous_act(gettext_noop("delete access key %(access_key_id)s"))
def delete(request: HttpRequest, access_key_id: str) -> HttpResponse:
    key = _key_or_404(request, access_key_id)
    act = Act.of(
        key,
        _("Delete access key %(name)s"),
        _("Programs that use it are refused now and for good. Its audit entries stay."),
        button=_("Delete"),
        done=_("Deleted access key %(name)s."),
        danger=True,
    )
    form = DeleteAccessKeyForm(key.name, posted(request))
    remove = access_keys.delete_access_key
    return ask(request, act, lambda _data: remove(actor_of(request), access_key_id), form)
