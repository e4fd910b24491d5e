"""Permissions of the person asking. For views."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.text.addresses import plain_address
from operators.actor import Actor
from operators.models import Operator

View = Callable[..., HttpResponse]

READ_ONLY = gettext_noop(
    "You may look at this product, but not change it. Ask an administrator for the permission."
)


def operator_of(request: HttpRequest) -> Operator:
    """The person signed in. LoginRequiredMiddleware sends everybody else to the sign-in page."""
    if not isinstance(request.user, Operator):
        raise TypeError("this view answers to nobody who is not signed in")
    return request.user


def client_address(request: HttpRequest) -> str | None:
    """Where the request comes from; behind a proxy, the address the proxy itself has seen.

    Only the last element of X-Forwarded-For is the proxy's word, the others are the client's. One
    host has one address here, however it was written: limits, networks and logs use the same.
    """
    forwarded = request.headers.get("X-Forwarded-For", "")
    if forwarded and settings.SECURE_PROXY_SSL_HEADER:
        return plain_address(forwarded.rsplit(",", 1)[-1].strip(" \t"))
    return plain_address(request.META.get("REMOTE_ADDR"))


def actor_of(request: HttpRequest) -> Actor:
    """The actor of operations this request calls."""
    return Actor("console", operator_of(request), client_address(request))


def operator_required(view: View) -> View:
    """Let operators through; viewers get a 403 page that says why and whom to ask.

    A view of one product (`product_key` in its URL) also takes the right to change that one.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        operator, product_key = operator_of(request), kwargs.get("product_key")
        if not operator.may_change:
            return render(request, "operators/forbidden.html", status=403)
        if product_key is not None and not operator.may_change_product(product_key):
            raise PermissionDenied(_(READ_ONLY))
        return view(request, *args, **kwargs)

    return guarded


def admin_required(view: View) -> View:
    """Accounts and permissions are for administrators."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if operator_of(request).is_admin:
            return view(request, *args, **kwargs)
        raise PermissionDenied(_("Accounts are for administrators. Ask one to do this."))

    return guarded
