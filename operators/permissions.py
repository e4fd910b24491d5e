"""Who is asking, and whether they may change anything. For views."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from operators.actor import Actor
from operators.models import Operator

View = Callable[..., HttpResponse]


def operator_of(request: HttpRequest) -> Operator:
    """The person signed in. LoginRequiredMiddleware sends everybody else to the sign-in page."""
    if not isinstance(request.user, Operator):
        raise TypeError("this view answers to nobody who is not signed in")
    return request.user


def client_address(request: HttpRequest) -> str | None:
    """Where the request comes from; behind a proxy, the address the proxy itself has seen.

    Only the last element of X-Forwarded-For is the proxy's word, the others are the client's.
    """
    forwarded = request.headers.get("X-Forwarded-For", "")
    if forwarded and settings.SECURE_PROXY_SSL_HEADER:
        return forwarded.rsplit(",", 1)[-1].strip()
    return request.META.get("REMOTE_ADDR") or None


def actor_of(request: HttpRequest) -> Actor:
    """The actor of operations this request calls."""
    return Actor("console", operator_of(request), client_address(request))


def operator_required(view: View) -> View:
    """Let operators through; viewers get a 403 page that says why and whom to ask."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if operator_of(request).may_change:
            return view(request, *args, **kwargs)
        return render(request, "operators/forbidden.html", status=403)

    return guarded
