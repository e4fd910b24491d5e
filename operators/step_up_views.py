"""Confirming an existing second factor before a settings page shows the form that changes one."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from common.web.forms import safe_or_post
from operators.operations.second_factor import factors_of
from operators.permissions import operator_of
from operators.step_up import existing_factor_confirmed
from operators.step_up_sessions import is_fresh

_PAGES = frozenset({"phone", "authenticator", "backup_codes", "password"})


@safe_or_post
@existing_factor_confirmed
def confirm(request: HttpRequest, page: str) -> HttpResponse:
    """Ask for a code where a second factor exists, then lead to the page `page`."""
    if page not in _PAGES:
        raise Http404
    return go_to(request, f"operators:{page}")


def go_to(request: HttpRequest, name: str) -> HttpResponse:
    """A redirect of the page, also when htmx has asked for a fragment of it."""
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(reverse(name))
    return redirect(name)


def is_locked(request: HttpRequest) -> bool:
    """Whether a factor has to be confirmed before a settings page shows its form."""
    operator = operator_of(request)
    return not is_fresh(request.session, operator) and bool(factors_of(operator))
