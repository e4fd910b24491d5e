"""The pages that say what went wrong."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from common.web.request_id import trace_of


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    # Django's own resolver puts a data structure there; only our words are for people.
    said = exception.args[0] if exception.args else ""
    words = said if isinstance(said, str) else ""
    return render(request, "404.html", {"words": words}, status=404)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Without the frame's context: what is wrong may be the very name the server is called by."""
    return _plain(request, "400.html", 400)


def server_error(request: HttpRequest) -> HttpResponse:
    """Needs neither database nor session, of which one may be what failed."""
    return _plain(request, "500.html", 500)


def _plain(request: HttpRequest, template: str, status: int) -> HttpResponse:
    return HttpResponse(render_to_string(template, {"trace_id": trace_of(request)}), status=status)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", {"words": str(exception)}, status=403)
