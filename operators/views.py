"""Signing in and out, the audit trail, and the page that stands in for a phone."""

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.middleware import HtmxDetails

from operators.audit_access import visible_audit
from operators.default_filters import opens_with_default
from operators.forms import SignInForm
from operators.operations import audit as trail
from operators.permissions import actor_of, operator_of
from operators.sms import console

PAGE_SIZE = 50


class SignIn(LoginView):
    """Django's view; it returns to a `next` on this host only, and rotates the session."""

    template_name = "operators/sign_in.html"
    form_class = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        actor = actor_of(self.request)
        target, summary = operator_of(self.request).target, gettext_noop("Signed in")
        trail.record(actor, "operator.sign_in", target, summary)
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    target, summary = operator_of(request).target, gettext_noop("Signed out")
    trail.record(actor_of(request), "operator.sign_out", target, summary)
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@require_safe
@opens_with_default("operators:audit")
def audit(request: HttpRequest) -> HttpResponse:
    """The audit trail, newest first; `upto` is the id to begin with, `target` one object."""
    target, upto = request.GET.get("target", "").strip(), request.GET.get("upto", "")
    entries = visible_audit(operator_of(request)).select_related("operator")
    if target:
        entries = entries.filter(target=target)
    if upto.isdecimal() and len(upto) < 19:  # what fits the column
        entries = entries.filter(pk__lte=int(upto))
    page = list(entries.order_by("-pk")[: PAGE_SIZE + 1])
    older = page.pop().pk if len(page) > PAGE_SIZE else None
    context = {"entries": page, "target": target, "upto": upto, "older": older}
    htmx: HtmxDetails | None = getattr(request, "htmx", None)
    fragment = htmx and not htmx.boosted and not htmx.history_restore_request
    response = render(request, f"operators/audit.html{'#entries' if fragment else ''}", context)
    # Without it the browser's Back might show the fragment it has kept for this URL.
    patch_vary_headers(response, ["HX-Request"])
    return response


@never_cache
@require_safe
def development_sms(request: HttpRequest) -> HttpResponse:
    """What SMS_BACKEND=console has "sent". With any other backend there is no such page."""
    if settings.SMS_BACKEND != "console":
        raise Http404
    return render(request, "operators/development_sms.html", {"sms": console.messages()})
