"""Settings of the own account. Whatever changes what confirms dangerous acts asks the password."""

import base64
from collections.abc import Callable

import segno
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect
from phonenumber_field.phonenumber import PhoneNumber

from iotconsole.kit.forms import safe_or_post
from iotconsole.kit.htmx import say
from operators.confirmation import (
    ConfirmationError,
    Confirmed,
    challenge_state,
    phone_purpose,
    send_code,
)
from operators.confirmation_views import handle
from operators.forms import CurrentPasswordForm, PasswordForm, PhoneForm, TotpCodeForm
from operators.models import Authenticator
from operators.operations import audit
from operators.operations import authenticator as totp
from operators.operations import backup_codes as codes
from operators.operations.phone import set_phone
from operators.permissions import actor_of, client_address, operator_of

PHONE_PAGE = "operators/settings/phone.html"
AUTHENTICATOR_PAGE = "operators/settings/authenticator.html"
BACKUP_CODES_PAGE = "operators/settings/backup_codes.html"
# Kept in the session, not in the URL: a number is personal, and URLs end up in logs.
_PENDING_PHONE = "phone_to_verify"
# Only the session that began an enrolment is shown its secret.
_PENDING_TOTP = "totp_to_activate"


@require_safe
def settings_page(request: HttpRequest) -> HttpResponse:
    return redirect("operators:phone")


@safe_or_post
def phone(request: HttpRequest) -> HttpResponse:
    """The number codes go to, and the form that sends a first code to another one."""
    form = PhoneForm(operator_of(request), client_address(request), request.POST or None)
    if request.method != "POST":
        return render(request, PHONE_PAGE, {"form": form})
    if form.is_valid() and _code_sent(request, form):
        return redirect("operators:verify_phone")
    return render(request, PHONE_PAGE, {"form": form}, status=422)


def _code_sent(request: HttpRequest, form: PhoneForm) -> bool:
    number: PhoneNumber = form.cleaned_data["number"]
    operator, session_key = operator_of(request), request.session.session_key or ""
    purpose = phone_purpose(number, operator)
    request.session[_PENDING_PHONE] = number.as_e164
    # A second press of the button finds the code already on its way.
    if challenge_state(operator, session_key, purpose).code_waiting:
        return True
    try:
        send_code(operator, session_key, purpose, address=client_address(request))
    except ConfirmationError as error:
        form.add_error("number", error.text)
        return False
    return True


@safe_or_post
def verify_phone(request: HttpRequest) -> HttpResponse:
    """Take the code that was sent to the new number."""
    pending = request.session.get(_PENDING_PHONE)
    if not pending:
        return redirect("operators:phone")

    def on_confirmed(confirmed: Confirmed) -> HttpResponse:
        entry = set_phone(confirmed)
        request.session.pop(_PENDING_PHONE, None)
        say(request, entry.text, trail=entry.target)
        return _go(request, "operators:phone")

    purpose = phone_purpose(PhoneNumber.from_string(pending), operator_of(request))
    template = "operators/settings/verify_phone.html"
    return handle(request, purpose, on_confirmed, template=template)


def _go(request: HttpRequest, name: str) -> HttpResponse:
    """A redirect of the page, also when htmx has asked for a fragment of it."""
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(reverse(name))
    return redirect(name)


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
        "password_form": CurrentPasswordForm(operator, None),
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
    return CurrentPasswordForm(operator_of(request), client_address(request), request.POST)


def _begin(request: HttpRequest) -> HttpResponse:
    form = _password_form(request)
    if not form.is_valid():
        return _authenticator_page(request, password_form=form)
    request.session[_PENDING_TOTP] = totp.begin(operator_of(request)).pk
    return redirect("operators:authenticator")


def _activate(request: HttpRequest) -> HttpResponse:
    form = TotpCodeForm(request.POST)
    pending = request.session.get(_PENDING_TOTP, 0)
    if not form.is_valid():
        return _authenticator_page(request, code_form=form)
    try:
        entry = totp.activate(
            actor_of(request), operator_of(request), pending, form.cleaned_data["code"]
        )
    except ConfirmationError as error:
        form.add_error("code", error.text)
        return _authenticator_page(request, code_form=form)
    request.session.pop(_PENDING_TOTP, None)
    say(request, entry.text, trail=entry.target)
    return redirect("operators:authenticator")


def _cancel(request: HttpRequest) -> HttpResponse:
    totp.abandon(operator_of(request), request.session.pop(_PENDING_TOTP, None))
    return redirect("operators:authenticator")


def _remove(request: HttpRequest) -> HttpResponse:
    form = _password_form(request)
    if not form.is_valid():
        return _authenticator_page(request, password_form=form)
    entry = totp.remove(actor_of(request), operator_of(request))
    if entry:
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
def backup_codes(request: HttpRequest) -> HttpResponse:
    """How many codes are left; a POST makes new ones and shows them this once."""
    operator = operator_of(request)
    form = CurrentPasswordForm(operator, client_address(request), request.POST or None)
    made: list[str] = []
    if request.method == "POST" and form.is_valid():
        made = codes.renew(actor_of(request), operator)
        form = CurrentPasswordForm(operator, None)
    context = {"form": form, "made": made, "left": codes.left(operator)}
    return render(request, BACKUP_CODES_PAGE, context, status=422 if form.errors else 200)


class Password(PasswordChangeView):
    """Django's view; every other session of the operator ends."""

    template_name = "operators/settings/password.html"
    form_class = PasswordForm
    success_url = reverse_lazy("operators:password")

    def get_form_kwargs(self) -> dict[str, object]:
        return {**super().get_form_kwargs(), "address": client_address(self.request)}

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        response = super().form_valid(form)
        operator = operator_of(self.request)
        summary = gettext_noop("Password changed")
        entry = audit.record(actor_of(self.request), "password.change", operator.target, summary)
        say(self.request, entry.text, trail=entry.target)
        return response

    def form_invalid(self, form: PasswordChangeForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)
