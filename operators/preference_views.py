"""Choosing language and time zone."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from common.web.forms import safe_or_post
from operators.forms import PreferencesForm
from operators.models import Operator
from operators.operations.preferences import set_language, set_time_zone
from operators.permissions import operator_of
from operators.preferences import browser_zone

PAGE = "operators/settings/preferences.html"


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """The menu: the wished language, on the page one comes from. Works before sign-in, too."""
    wished = request.POST.get("language", "")
    response = HttpResponseRedirect(_back(request))
    if wished in dict(settings.LANGUAGES):
        _remember(response, wished)
        if isinstance(request.user, Operator):
            set_language(request.user, wished)
    return response


def _back(request: HttpRequest) -> str:
    """`next` if it is a page of this console."""
    wished = request.POST.get("next", "")
    here = {request.get_host()}
    safe = url_has_allowed_host_and_scheme(wished, here, require_https=request.is_secure())
    return wished if safe and wished.startswith("/") else reverse("overview")


def _remember(response: HttpResponse, language_code: str) -> None:
    """For the sign-in page, where nobody is known yet."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language_code,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        samesite="Lax",
        secure=settings.LANGUAGE_COOKIE_SECURE,
    )


@safe_or_post
def preferences(request: HttpRequest) -> HttpResponse:
    """Language and time zone in Settings."""
    operator = operator_of(request)
    initial = {"language": operator.language, "time_zone": operator.time_zone}
    form = PreferencesForm(browser_zone(request), request.POST or None, initial=initial)
    if not form.is_valid():
        return render(request, PAGE, {"form": form}, status=422 if form.is_bound else 200)
    set_language(operator, form.cleaned_data["language"])
    set_time_zone(operator, form.cleaned_data["time_zone"])
    response = redirect("operators:preferences")
    if form.cleaned_data["language"]:
        translation.activate(form.cleaned_data["language"])
        _remember(response, form.cleaned_data["language"])
    else:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
    messages.success(request, _("Language and time zone are set."))
    return response
