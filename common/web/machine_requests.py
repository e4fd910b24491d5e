"""Requests of machines, not of browsers: answered before anything that a browser needs.

Neither session, cookie, CSRF token, language, host check nor redirect: old firmware asks under host
names of the cloud that it was built for, and fails on a header line of more than 128 bytes
(protocol.md 3.1), so only the short headers of `common.web.security_headers` are added.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone, translation

from common.web.bodies import ANYBODY, is_chunked

View = Callable[[HttpRequest], HttpResponseBase]

# In the WSGI environment, where no header of a request can put it: whatever machines do not ask
# for is not found. iotconsole.wsgi.machines sets it.
ONLY_MACHINES = "iotconsole.only_machines"


_GROUP = "machine_group"


def group_of(request: HttpRequest) -> str:
    """Return the group of the endpoint that answered; empty when none did."""
    return str(getattr(request, _GROUP, ""))


def _as_anybody(_request: HttpRequest, _start: bytes) -> int | None:
    return ANYBODY


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`view` answers the requests that `matches`, whatever their method, and its own faults: no
    page is made for a machine behind it. It also refuses what is too large, in its own words."""

    matches: Callable[[HttpRequest], bool]
    view: View
    # What its requests are counted as.
    group: str = "machine"
    # Bytes of body a server should hand on, by the request and the bytes that are there already;
    # None to be asked again with more of these.
    largest: Callable[[HttpRequest, bytes], int | None] = _as_anybody


def at(path: str) -> Callable[[HttpRequest], bool]:
    """Matches requests of exactly this path."""
    return lambda request: request.path_info == path


class MachineMiddleware:
    """To be the first that looks: what it answers passes through none behind it. Of `endpoints` the
    first counts."""

    endpoints: ClassVar[Sequence[Endpoint]] = ()

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if endpoint := self.endpoint_of(request):
            setattr(request, _GROUP, endpoint.group)
            return _in_no_language(endpoint.view, request)
        if ONLY_MACHINES in request.META:
            return not_found()
        return self.get_response(request)

    @classmethod
    def endpoint_of(cls, request: HttpRequest) -> Endpoint | None:
        """The one that answers the request, if any does."""
        return next((each for each in cls.endpoints if each.matches(request)), None)


def read_body(request: HttpRequest, most: int) -> bytes:
    """Up to `most` bytes, past Django's own limit, which is for browsers. OSError: it ends early.

    Django reads as much as Content-Length says; gunicorn ends a chunked body by itself.
    """
    ends = is_chunked(request.META) and request.META.get("wsgi.input_terminated")
    body: bytes = (request.META["wsgi.input"] if ends else request).read(most)
    return body


def not_found() -> HttpResponse:
    body = b"Not found\n"
    headers = {"Content-Length": str(len(body))}
    return HttpResponse(body, status=404, content_type="text/plain", headers=headers)


def _in_no_language(view: View, request: HttpRequest) -> HttpResponseBase:
    """The thread still has the language of the last person it served."""
    with translation.override(None), timezone.override(None):
        return view(request)
