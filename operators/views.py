"""Signing in and out, and the page that stands in for a phone."""

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from operators.forms import SignInForm
from operators.known_browser import remember_browser
from operators.operations import audit as trail
from operators.permissions import actor_of, operator_of
from operators.sms import console


class SignIn(LoginView):
    """Django's view; it returns to a `next` on this host only, and rotates the session.

    The browser is known from then on.
    """

    template_name = "operators/sign_in.html"
    form_class = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        actor = actor_of(self.request)
        target, summary = operator_of(self.request).target, gettext_noop("Signed in")
        trail.record(actor, "operator.sign_in", target, summary)
        remember_browser(self.request, response, operator_of(self.request).get_username())
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    target, summary = operator_of(request).target, gettext_noop("Signed out")
    trail.record(actor_of(request), "operator.sign_out", target, summary)
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@never_cache
@require_safe
def development_sms(request: HttpRequest) -> HttpResponse:
    """Show the reader's own messages of SMS_BACKEND=console. Other backends have no page."""
    if settings.SMS_BACKEND != "console":
        raise Http404
    messages = console.messages_for(operator_of(request).pk)
    return render(request, "operators/development_sms.html", {"sms": messages})
