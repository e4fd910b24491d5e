"""Settings of the own account: the phone that codes go to."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from phonenumber_field.phonenumber import PhoneNumber

from common.web.confirm_dialog import kept
from common.web.forms import posted, safe_or_post
from common.web.htmx import say
from operators.confirmation import ConfirmationError, Confirmed, challenge_state, send_code
from operators.confirmation_views import handle
from operators.forms import PhoneForm
from operators.known_browser import session_source
from operators.models import AuditEntry
from operators.operations.phone import set_phone
from operators.operations.second_factor import StepUp
from operators.permissions import client_address, operator_of
from operators.purposes import phone_purpose
from operators.step_up import existing_factor_required
from operators.step_up_sessions import keep_fresh, remember, step_up
from operators.step_up_views import go_to, is_locked

PHONE_PAGE = "operators/settings/phone.html"
# Kept in the session, not in the URL: a number is personal, and URLs end up in logs.
_PENDING_PHONE = "phone_to_verify"


@safe_or_post
@existing_factor_required
def phone(request: HttpRequest) -> HttpResponse:
    """The number codes go to, and the form that sends a first code to another one."""
    operator, typed = operator_of(request), dict(kept(request)) or None
    form = PhoneForm(operator, session_source(request), posted(request), initial=typed)
    if form.is_valid() and _code_sent(request, form):
        return redirect("operators:verify_phone")
    context = {"form": form, "locked": is_locked(request)}
    return render(request, PHONE_PAGE, context, status=422 if form.is_bound else 200)


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
@existing_factor_required
def verify_phone(request: HttpRequest) -> HttpResponse:
    """Take the code that was sent to the new number."""
    pending = request.session.get(_PENDING_PHONE)
    if not pending:
        return redirect("operators:phone")

    def on_confirmed(confirmed: Confirmed) -> HttpResponse:
        request.session.pop(_PENDING_PHONE, None)
        proof = step_up(request.session, operator_of(request))
        try:
            entry = set_phone(confirmed, proof)
        except ConfirmationError as error:
            messages.error(request, error.text)
        else:
            _note_verified(request, proof, entry)
        return go_to(request, "operators:phone")

    purpose = phone_purpose(PhoneNumber.from_string(pending), operator_of(request))
    template = "operators/settings/verify_phone.html"
    return handle(request, purpose, on_confirmed, template=template)


def _note_verified(request: HttpRequest, proof: StepUp | None, entry: AuditEntry) -> None:
    """The first factor makes the session fresh. Another one leaves it as fresh as it was."""
    operator = operator_of(request)
    keep_fresh(request.session, operator)
    if proof is None:
        remember(request.session, operator)
    say(request, entry.text, trail=entry.target)
