"""Settings of the own account: authenticator, backup codes, password. `phone_views` has the phone.

Whatever changes what confirms dangerous acts asks the password, and where a second factor exists,
also a code of it.
"""

import base64
from collections.abc import Callable
from typing import Any, cast

import segno
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from common.web.forms import safe_or_post
from common.web.htmx import say
from operators.confirmation import ConfirmationError
from operators.forms import CurrentPasswordForm, PasswordForm, TotpCodeForm
from operators.known_browser import session_source
from operators.models import Authenticator, Operator
from operators.operations import authenticator as totp
from operators.operations import backup_codes as codes
from operators.operations.change_password import change_password
from operators.permissions import actor_of, operator_of
from operators.step_up import existing_factor_required
from operators.step_up_sessions import keep_fresh, step_up
from operators.step_up_views import is_locked

AUTHENTICATOR_PAGE = "operators/settings/authenticator.html"
BACKUP_CODES_PAGE = "operators/settings/backup_codes.html"
# Only the session that began an enrolment is shown its secret.
_PENDING_TOTP = "totp_to_activate"


@require_safe
def settings_page(request: HttpRequest) -> HttpResponse:
    return redirect("operators:phone")


@never_cache
@safe_or_post
def authenticator(request: HttpRequest) -> HttpResponse:
    """Set up an authenticator app (password, QR code, first right code), or remove it."""
    if request.method == "POST":
        act = _TOTP_ACTS.get(request.POST.get("action", ""))
        return act(request) if act else redirect("operators:authenticator")
    return _authenticator_page(request)


def _authenticator_page(request: HttpRequest, **forms: BaseForm) -> HttpResponse:
    operator = operator_of(request)
    pending = totp.pending(operator, request.session.get(_PENDING_TOTP))
    context = {
        "is_set_up": totp.is_set_up(operator),
        "locked": is_locked(request),
        "password_form": CurrentPasswordForm(operator, session_source(request)),
        "code_form": TotpCodeForm(),
        "pending": pending,
        **(_secret(pending) if pending else {}),
        **forms,
    }
    return render(request, AUTHENTICATOR_PAGE, context, status=422 if forms else 200)


def _secret(device: Authenticator) -> dict[str, str]:
    """The secret as QR code and in groups of four for typing."""
    svg = segno.make(device.config_url, error="m").svg_inline(
        scale=5, border=4, light="#fff", title=_("QR code for the authenticator"), omitsize=False
    )
    key = base64.b32encode(device.bin_key).decode()
    groups = " ".join(key[start : start + 4] for start in range(0, len(key), 4))
    return {"qr": mark_safe(svg), "secret": groups}  # noqa: S308 - drawn by segno, no text in it


def _password_form(request: HttpRequest) -> CurrentPasswordForm:
    return CurrentPasswordForm(operator_of(request), session_source(request), request.POST)


@existing_factor_required
def _begin(request: HttpRequest) -> HttpResponse:
    form = _password_form(request)
    if not form.is_valid():
        return _authenticator_page(request, password_form=form)
    request.session[_PENDING_TOTP] = totp.begin(operator_of(request)).pk
    return redirect("operators:authenticator")


@existing_factor_required
def _activate(request: HttpRequest) -> HttpResponse:
    form, operator = TotpCodeForm(request.POST), operator_of(request)
    pending = request.session.get(_PENDING_TOTP, 0)
    if not form.is_valid():
        return _authenticator_page(request, code_form=form)
    proof = step_up(request.session, operator)
    try:
        entry = totp.activate(
            actor_of(request), operator, pending, form.cleaned_data["code"], proof
        )
    except ConfirmationError as error:
        form.add_error("code", error.text)
        return _authenticator_page(request, code_form=form)
    request.session.pop(_PENDING_TOTP, None)
    keep_fresh(request.session, operator)
    say(request, entry.text, trail=entry.target)
    return redirect("operators:authenticator")


def _cancel(request: HttpRequest) -> HttpResponse:
    totp.abandon(operator_of(request), request.session.pop(_PENDING_TOTP, None))
    return redirect("operators:authenticator")


@existing_factor_required
def _remove(request: HttpRequest) -> HttpResponse:
    form, operator = _password_form(request), operator_of(request)
    if not form.is_valid():
        return _authenticator_page(request, password_form=form)
    try:
        entry = totp.remove(actor_of(request), operator, step_up(request.session, operator))
    except ConfirmationError as error:
        form.add_error(None, error.text)
        return _authenticator_page(request, password_form=form)
    if entry:
        keep_fresh(request.session, operator)
        say(request, entry.text, trail=entry.target)
    return redirect("operators:authenticator")


_TOTP_ACTS: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "begin": _begin,
    "activate": _activate,
    "cancel": _cancel,
    "remove": _remove,
}


@never_cache
@safe_or_post
@existing_factor_required
def backup_codes(request: HttpRequest) -> HttpResponse:
    """How many codes are left; a POST makes new ones and shows them this once."""
    operator = operator_of(request)
    form = CurrentPasswordForm(operator, session_source(request), request.POST or None)
    made = _renewed(request, form, operator) if request.method == "POST" else []
    context = {
        "form": CurrentPasswordForm(operator, session_source(request)) if made else form,
        "made": made,
        "left": codes.left(operator),
        "locked": is_locked(request),
    }
    return render(request, BACKUP_CODES_PAGE, context, status=422 if form.errors else 200)


def _renewed(request: HttpRequest, form: CurrentPasswordForm, operator: Operator) -> list[str]:
    """The new codes, or none with the reason in the form."""
    if not form.is_valid():
        return []
    try:
        made = codes.renew(actor_of(request), operator, step_up(request.session, operator))
    except ConfirmationError as error:
        form.add_error(None, error.text)
        return []
    keep_fresh(request.session, operator)
    return made


class Password(PasswordChangeView):
    """Django's view, with the operation; every other session of the operator ends."""

    template_name = "operators/settings/password.html"
    form_class = PasswordForm
    success_url = reverse_lazy("operators:password")

    def get_form_kwargs(self) -> dict[str, object]:
        return {**super().get_form_kwargs(), "source": session_source(self.request)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "locked": is_locked(self.request)}

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        operator, password = operator_of(self.request), form.cleaned_data["new_password1"]
        proof = step_up(self.request.session, operator)
        try:
            entry = change_password(actor_of(self.request), operator, password, proof)
        except ConfirmationError as error:
            form.add_error(None, error.text)
            return self.form_invalid(form)
        operator.refresh_from_db()
        update_session_auth_hash(self.request, operator)
        say(self.request, entry.text, trail=entry.target)
        return redirect(self.success_url)

    def form_invalid(self, form: PasswordChangeForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


@safe_or_post
@existing_factor_required
def password(request: HttpRequest) -> HttpResponse:
    return cast("HttpResponse", Password.as_view()(request))
