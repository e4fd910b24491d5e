"""Accounts, for administrators: who may sign in, as what, and where they are signed in."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from common.sql.paging import keyset_page
from common.web.confirm_dialog import Act, ask, kept
from common.web.forms import attempt, posted
from common.web.htmx import DIALOG, render_page
from operators.account_forms import InviteForm, RoleForm
from operators.guards import admin_act, dangerous_admin_act
from operators.models import Operator, Role
from operators.operations import account_admin, active_sessions, invitations, second_factor
from operators.permissions import actor_of, admin_required, operator_of
from operators.session_store import digest_of

PAGE_SIZE = 50


def account_or_404(key: int) -> Operator:
    account = Operator.objects.select_related("invitation").filter(pk=key).first()
    if account is None:
        raise Http404(_("This account does not exist or was deleted."))
    return account


@require_safe
@admin_required
def account_list(request: HttpRequest) -> HttpResponse:
    page = keyset_page(Operator.objects.all(), request.GET, size=PAGE_SIZE)
    return render_page(request, "operators/accounts/list.html", {"page": page})


@require_safe
@admin_required
def account(request: HttpRequest, key: int) -> HttpResponse:
    found = account_or_404(key)
    context = {
        "account": found,
        "own": found.pk == operator_of(request).pk,
        "factors": second_factor.factors_of(found),
        "grants": found.grants.select_related("product").defer("product__product_secret"),
        "sessions": active_sessions.live(found),
        "here": digest_of(request.session.session_key or ""),
    }
    return render_page(request, "operators/accounts/details.html", context)


def _link(code: str) -> str:
    """The code stands behind the #, which browsers send to nobody: it is in no log."""
    return f"{settings.CONSOLE_URL}{reverse('operators:accept')}#{code}"


@never_cache
@dangerous_admin_act(gettext_noop("invite an account"))
def invite(request: HttpRequest) -> HttpResponse:
    """Invite somebody; the answer is the link, which can be seen only there."""
    form = InviteForm(posted(request), initial=dict(kept(request)) or None)
    if form.is_valid():
        data = {**form.cleaned_data, "role": Role(form.cleaned_data["role"])}
        made = attempt(form, lambda: invitations.invite(actor_of(request), **data))
        if made:
            return _show_link(request, *made)
    context = {"form": form, "back": reverse("operators:accounts")}
    template = "operators/accounts/invite.html"
    status = 422 if form.is_bound else 200
    return render_page(request, template, context, regions=(DIALOG,), status=status)


def _show_link(request: HttpRequest, account: Operator, code: str) -> HttpResponse:
    context = {"account": account, "link": _link(code)}
    return render_page(request, "operators/accounts/invited.html", context, regions=(DIALOG,))


@never_cache
@dangerous_admin_act(gettext_noop("renew an invitation"))
def renew(request: HttpRequest, key: int) -> HttpResponse:
    """A new link, shown once; the old one is void."""
    account = account_or_404(key)
    act = Act.of(
        account,
        _("Renew the invitation of %(name)s"),
        _("The earlier link stops working. The new one is shown once and expires in 72 hours."),
        button=_("Create a new link"),
        done=_("The earlier link no longer works."),
    )
    codes: list[str] = []

    def perform(_data: Mapping[str, Any]) -> None:
        codes.append(invitations.renew(actor_of(request), key))

    answer = ask(request, act, perform)
    return _show_link(request, account, codes[0]) if codes else answer


@admin_act
def cancel(request: HttpRequest, key: int) -> HttpResponse:
    account = account_or_404(key)
    act = Act.of(
        account,
        _("Cancel the invitation of %(name)s"),
        _("The link stops working and the unused account is removed."),
        button=_("Cancel the invitation"),
        done=_("Cancelled the invitation of %(name)s."),
        then=reverse("operators:accounts"),
        danger=True,
    )
    return ask(request, act, lambda _data: invitations.cancel(actor_of(request), key))


@dangerous_admin_act(gettext_noop("change the role of an account"))
def role(request: HttpRequest, key: int) -> HttpResponse:
    account = account_or_404(key)
    act = Act.of(
        account,
        _("Change the role of %(name)s"),
        button=_("Change the role"),
        done=_("Changed the role of %(name)s."),
    )
    form = RoleForm(posted(request), initial={"role": account.role})

    def perform(data: Mapping[str, Any]) -> object:
        return account_admin.set_role(actor_of(request), key, Role(data["role"]))

    return ask(request, act, perform, form)


@admin_act
def deactivate(request: HttpRequest, key: int) -> HttpResponse:
    account = account_or_404(key)
    act = Act.of(
        account,
        _("Deactivate %(name)s"),
        _("The account is signed out everywhere now and cannot sign in. Its audit entries stay."),
        *_fate_of_keys(account),
        button=_("Deactivate"),
        done=_("Deactivated %(name)s."),
        danger=True,
    )
    return ask(request, act, lambda _data: account_admin.deactivate(actor_of(request), key))


def _fate_of_keys(account: Operator) -> tuple[str, ...]:
    """Say what deactivating does to programs that work in the account's name."""
    count = account.access_keys.filter(enabled=True).count()
    words = ngettext(
        "Its access key stops working, too.", "Its %(count)s access keys stop working, too.", count
    )
    return (words % {"count": count},) if count else ()


@dangerous_admin_act(gettext_noop("reactivate an account"))
def reactivate(request: HttpRequest, key: int) -> HttpResponse:
    account = account_or_404(key)
    act = Act.of(
        account,
        _("Reactivate %(name)s"),
        _("The account can sign in again with its password and its earlier role."),
        button=_("Reactivate"),
        done=_("Reactivated %(name)s."),
    )
    return ask(request, act, lambda _data: account_admin.reactivate(actor_of(request), key))


@admin_act
def sign_out_everywhere(request: HttpRequest, key: int) -> HttpResponse:
    account = account_or_404(key)
    act = Act.of(
        account,
        _("Sign out %(name)s everywhere"),
        _("Every session of the account ends at once. It can sign in again."),
        button=_("Sign out everywhere"),
        done=_("%(name)s is signed out everywhere."),
        danger=True,
    )
    actor = actor_of(request)
    return ask(request, act, lambda _data: account_admin.sign_out_everywhere(actor, key))


@dangerous_admin_act(gettext_noop("reset the second factor of an account"))
def reset_second_factor(request: HttpRequest, key: int) -> HttpResponse:
    account = account_or_404(key)
    act = Act.of(
        account,
        _("Reset the second factor of %(name)s"),
        _("Phone, authenticator and backup codes are removed, and all its sessions end."),
        _(
            "The password alone is then enough to set up a new one. Make sure that only the owner "
            "knows it."
        ),
        button=_("Reset second factor"),
        done=_("Reset the second factor of %(name)s."),
        danger=True,
    )
    return ask(request, act, lambda _data: second_factor.reset(actor_of(request), key))
