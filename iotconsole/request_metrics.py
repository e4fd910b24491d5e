"""How many requests came, what became of them and how long they took, by what they were for."""

from collections.abc import Callable
from time import perf_counter

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from common.ops.metrics import counter, gauge, histogram
from common.web.machine_requests import group_of

_requests = counter(
    "http_requests", "Requests answered, by group and class of status.", "group", "status"
)
_seconds = histogram("http_request_seconds", "From reading a request to its answer.", "group")
_busy = gauge("http_requests_in_progress", "Requests that are being answered.")


class RequestsMeter:
    """Outside of all that answers; a streamed answer is counted when it begins."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = perf_counter()
        _busy.inc()
        try:
            response = self.get_response(request)
        finally:
            _busy.dec()
        group = group_of_request(request)
        _requests.labels(group, f"{response.status_code // 100}xx").inc()
        _seconds.labels(group).observe(perf_counter() - began)
        return response


def group_of_request(request: HttpRequest) -> str:
    """A machine's endpoint, an application of the console, `static`, or `unknown`: few in all."""
    if group := group_of(request):
        return group
    if match := request.resolver_match:
        return str(match.namespaces[0] if match.namespaces else match.url_name)
    return "static" if request.path_info.startswith(settings.STATIC_URL) else "unknown"
