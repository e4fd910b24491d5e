"""The dialog that confirms a dangerous act, for any view of any app.

    @operator_required
    def dynamic_registration(request, product_key, wished):      # wished: "on" or "off"
        product = get_object_or_404(Product, product_key=product_key)
        purpose = Purpose("product.dynamic_registration", product.target, wished,
                          SENTENCES[wished], {"product": product.name})

        def apply(confirmed):                                    # a Confirmed for this purpose
            set_dynamic_registration(confirmed)
            return HttpResponseClientRedirect(product.get_absolute_url())

        return handle(request, purpose, apply, template="products/dynamic_registration.html",
                      context={"product": product})

The template is a whole page that holds `{% include "operators/_confirm.html" %}`, in a `<dialog>`
or not. The partial posts to the URL it was rendered from, so put whatever picks the purpose
(the wished state above) into that URL, and never compute it from the state of the moment.

GET renders `template`. POST sends a code or takes one:
the partial alone comes back to htmx, the whole page to a browser without scripts; what failed
comes with status 422, the words beside the field and what was typed still in it. `on_confirmed`
answers the right code, which also makes the session a freshly confirmed one (`freshness`), except
when it verifies a phone: whoever types that code has the new number, and maybe no factor. In
`context`, `confirmation_target` names another element for htmx to replace (then `partial` is its
template), and `carried` is a mapping of hidden fields for every form. The page must load
`js/countdown.js`, and htmx must swap on 422.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from operators.confirmation import (
    ChallengeState,
    ConfirmationError,
    Confirmed,
    challenge_state,
    confirm,
    send_code,
)
from operators.permissions import actor_of, operator_of
from operators.purposes import FACTOR_CHANGE, IDENTITY, Purpose
from operators.step_up_sessions import remember

PARTIAL = "operators/_confirm.html"


@dataclass(frozen=True, slots=True)
class Countdown:
    """Seconds left and how they read before the script takes over: `1:04:05`, `4:05` or `42 s`."""

    seconds: int

    @classmethod
    def until(cls, end: datetime | None) -> "Countdown | None":
        if end is None:
            return None
        return cls(max(0, -int(-(end - timezone.now()).total_seconds() // 1)))

    def __str__(self) -> str:
        minutes, seconds = divmod(self.seconds, 60)
        hours, minutes = divmod(minutes, 60)
        if hours:
            return f"{hours}:{minutes:02}:{seconds:02}"
        return f"{minutes}:{seconds:02}" if minutes else _("%(seconds)s s") % {"seconds": seconds}


@dataclass(frozen=True)
class Dialog:
    """Context of `_confirm.html`, under the name `confirmation`."""

    purpose: Purpose
    state: ChallengeState
    post_url: str
    # What was just tried: "send" or a method; "" when the dialog has just been opened.
    tried: str = ""
    error: ConfirmationError | None = None
    typed: str = field(default="", repr=False)

    @property
    def expires_in(self) -> Countdown | None:
        return Countdown.until(self.state.expires_at)

    @property
    def resend_in(self) -> Countdown | None:
        return Countdown.until(self.state.resend_at)

    @property
    def verifies_phone(self) -> bool:
        return self.purpose.verifies_phone

    @property
    def lasts_minutes(self) -> int:
        """For how long the session needs no other code; 0 where each act needs its own."""
        if self.purpose.act not in {IDENTITY, FACTOR_CHANGE}:
            return 0
        return int(settings.CONFIRMATION_FRESH_SECONDS // 60)

    @property
    def alternative_tried(self) -> bool:
        """Keeps the fold with the other methods open after a wrong code typed there."""
        return self.tried in {"totp", "backup"}

    @property
    def just_sent(self) -> bool:
        return self.tried == "send" and self.error is None

    @property
    def shows_codes_locally(self) -> bool:
        return settings.SMS_BACKEND == "console"


def handle(
    request: HttpRequest,
    purpose: Purpose,
    on_confirmed: Callable[[Confirmed], HttpResponse],
    *,
    template: str,
    partial: str = PARTIAL,
    context: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Answer one request of the dialog for `purpose`; see the module's docstring."""
    is_htmx = bool(getattr(request, "htmx", False))
    if request.method != "POST":
        return show(request, purpose, template, context)
    outcome = _act(request, purpose)
    if isinstance(outcome, Confirmed):
        if not purpose.verifies_phone:
            remember(request.session, operator_of(request))
        return on_confirmed(outcome)
    return _render(request, partial if is_htmx else template, outcome, context)


def show(
    request: HttpRequest, purpose: Purpose, template: str, context: Mapping[str, Any] | None = None
) -> HttpResponse:
    """The dialog as it is when nothing has been tried in it."""
    return _render(request, template, _dialog(request, purpose), context)


@sensitive_variables("typed")
def _act(request: HttpRequest, purpose: Purpose) -> Confirmed | Dialog:
    """Send a code or take the one typed; anything but the right code is the dialog again."""
    actor, session_key = actor_of(request), request.session.session_key or ""
    sending = request.POST.get("action") == "send"
    tried = "send" if sending else request.POST.get("method", "sms")
    typed = request.POST.get("code", "")[:40]
    error = None
    try:
        if not sending:
            return confirm(actor, session_key, purpose, tried, typed)
        send_code(operator_of(request), session_key, purpose, address=actor.address)
    except ConfirmationError as refused:
        error = refused
    return _dialog(request, purpose, tried=tried, error=error, typed=typed)


def _dialog(request: HttpRequest, purpose: Purpose, **tried: Any) -> Dialog:
    state = challenge_state(operator_of(request), request.session.session_key or "", purpose)
    return Dialog(purpose, state, request.get_full_path(), **tried)


def _render(
    request: HttpRequest, template: str, dialog: Dialog, context: Mapping[str, Any] | None
) -> HttpResponse:
    status = 422 if dialog.error else 200
    return render(request, template, {**(context or {}), "confirmation": dialog}, status=status)
