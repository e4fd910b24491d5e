"""How large a request's body may be, decided before any of it is read.

An HTTP server asks `body_limit` about a request whose head announces more than 64 KiB; the
middleware `BodyLimits` holds the same limit under any server, before the check of the CSRF token
takes the body apart.
"""

import logging
from collections.abc import Callable
from io import BytesIO
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.core.handlers.wsgi import WSGIRequest
from django.db import Error as AnyDatabaseError
from django.db import close_old_connections, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils.module_loading import import_string

from common.ops.error_log import describe
from common.web.bodies import ANYBODY, announced_length, is_chunked, upload_limit
from common.web.machine_requests import ONLY_MACHINES
from common.web.request_heads import tamed
from common.web.request_id import trace_of
from iotconsole.machine_endpoints import MachineEndpoints
from operators.models import Operator

logger = logging.getLogger(__name__)


def body_limit(environ: dict[str, Any], start: bytes = b"") -> int | None:
    """Bytes of body that the request with this WSGI environment may have.

    Reads no body, at most two rows of the database, and may be called in any thread. `start` are
    bytes of the body that are there already, at most 64 KiB: some clients of the RPC API name
    their key in them, so the answer is None as long as that is needed and not there. Does not raise
    while the database is away.
    """
    _tend_connection()
    try:
        return _limit(WSGIRequest({**tamed(environ), "wsgi.input": BytesIO()}), start)
    except AnyDatabaseError as error:
        logger.error("the limit of a request's body could not be decided: %s", describe(error))
        return ANYBODY
    finally:
        _tend_connection()


def _tend_connection() -> None:
    """Drop a connection that has broken or grown old, as Django does around a request."""
    if not connection.in_atomic_block:  # as in a test
        close_old_connections()


def _limit(request: HttpRequest, start: bytes = b"") -> int | None:
    endpoint = MachineEndpoints.endpoint_of(request)
    if endpoint:
        return endpoint.largest(request, start)
    return ANYBODY if ONLY_MACHINES in request.META else _limit_of_page(request)


def _limit_of_page(request: HttpRequest) -> int:
    limit = _granted(request.path_info)
    return limit if limit <= ANYBODY or _may_upload(request) else ANYBODY


def _granted(path: str) -> int:
    """Return the limit of the page at this path for people who are signed in."""
    try:
        return upload_limit(resolve(path).func)
    except Resolver404:
        return ANYBODY


def _may_upload(request: HttpRequest) -> bool:
    """Whether its session is that of somebody who may change something."""
    if not hasattr(request, "session"):
        store = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
        request.session = store(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    person = get_user(request)
    return isinstance(person, Operator) and person.may_change


class BodyLimits:
    """Refuses what is too large, unread. To stand before the check of the CSRF token, behind what
    chooses the language; machine endpoints never come here and hold limits of their own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        length = announced_length(request.META)
        if length is None:
            return _refused(request, "400.html", 400)
        if length == 0 and is_chunked(request.META):
            return _refused(request, "411.html", 411)
        if length > ANYBODY and length > (limit := _limit_of_page(request)):
            signed_out = limit == ANYBODY < _granted(request.path_info)
            return _refused(request, "413.html", 413, limit=limit, signed_out=signed_out)
        return self.get_response(request)


def _refused(request: HttpRequest, template: str, status: int, **facts: object) -> HttpResponse:
    """Without the frame, for which the session would have to be read."""
    context = {"trace_id": trace_of(request), **facts}
    return HttpResponse(render_to_string(template, context), status=status)
