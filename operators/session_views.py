"""Where an account is signed in, and signing out there."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from common.errors import NotFoundError
from operators.account_views import account_or_404
from operators.operations import active_sessions
from operators.permissions import actor_of, admin_required, operator_of
from operators.session_store import digest_of


@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    rows = active_sessions.live(operator_of(request))
    context = {"sessions": rows, "here": digest_of(request.session.session_key or "")}
    return render(request, "operators/settings/sessions.html", context)


@require_POST
def end(request: HttpRequest, session: int) -> HttpResponse:
    """Sign out one session of the own account."""
    _end(request, operator_of(request).pk, session)
    return redirect("operators:sessions")


@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    operator = operator_of(request)
    own = digest_of(request.session.session_key or "")
    active_sessions.end_others(actor_of(request), operator, own)
    # This session goes on: it proves itself against the account as it is now.
    update_session_auth_hash(request, operator)
    messages.success(request, _("Signed out all other sessions."))
    return redirect("operators:sessions")


@require_POST
@admin_required
def end_of_account(request: HttpRequest, key: int, session: int) -> HttpResponse:
    """Sign out one session of somebody else."""
    _end(request, key, session)
    return redirect("operators:account", key)


def _end(request: HttpRequest, key: int, session: int) -> None:
    try:
        active_sessions.end_one(actor_of(request), account_or_404(key), session)
        messages.success(request, _("Signed out that session."))
    except NotFoundError as error:
        messages.error(request, error.text)
