"""Answers that serve htmx and plain requests alike: one URL, one view, one template.

A template names each region that htmx may replace with `{% partialdef %}`, and the element that
holds it has the same id. htmx says which element it will replace (HX-Target), and a page rendered
here is cut down to that region. Everybody else gets the whole page.
"""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

# The element every dialog is put into, and the partial that a dialog's template defines.
DIALOG = "dialog-body"
MAIN = "main"
_CHOSEN = "region_to_replace"


def wanted_region(request: HttpRequest) -> str:
    """Id of the element htmx is going to replace; empty when a whole page is wanted.

    `retarget` decides otherwise than the request.
    """
    chosen: str = getattr(request, _CHOSEN, "")
    if chosen:
        return chosen
    htmx: HtmxDetails | None = getattr(request, "htmx", None)
    if not htmx or htmx.boosted or htmx.history_restore_request:
        return ""
    return htmx.target or ""


def retarget(request: HttpRequest, region: str, answer: Callable[[], HttpResponse]) -> HttpResponse:
    """Let `answer` render for the element `region`, and htmx replace that one with it."""
    setattr(request, _CHOSEN, region)
    response = answer()
    response["HX-Retarget"] = f"#{region}"
    response["HX-Reswap"] = "outerHTML"
    return response


def render_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    regions: Collection[str] = (),
    status: int = 200,
) -> HttpResponse:
    """Render `template`, or only the partial of `regions` that htmx asks for."""
    region = wanted_region(request)
    name = f"{template}#{region}" if region in regions else template
    response = render(request, name, dict(context), status=status)
    patch_vary_headers(response, ("HX-Request", "HX-Target"))
    return response


@dataclass(frozen=True, slots=True)
class Undo:
    """The POST that takes back what a toast tells of: its address and the fields it sends."""

    url: str
    fields: Mapping[str, str]


def say(request: HttpRequest, text: str, *, trail: str = "", undo: Undo | None = None) -> None:
    """A toast on the next page; see `go`."""
    facts = {"trail": trail, **({"undo": asdict(undo)} if undo else {})}
    # A message keeps one string besides its text; templates/common/messages.html reads it back.
    messages.success(request, text, extra_tags=json.dumps(facts))


def go(
    request: HttpRequest, to: str, text: str, *, trail: str = "", undo: Undo | None = None
) -> HttpResponse:
    """Say what changed and show the page `to`; htmx fetches it in place of the present one.

    `trail` is the audit target whose newest entry the toast links to; `undo` puts a button into it.
    """
    say(request, text, trail=trail, undo=undo)
    if not getattr(request, "htmx", None):
        return redirect(to)
    response = HttpResponse()
    response["HX-Location"] = json.dumps(
        {"path": to, "target": f"#{MAIN}", "select": f"#{MAIN}", "swap": "outerHTML"}
    )
    return response


class SignInAgainMiddleware:
    """A session that ended under an htmx request sends the whole page to sign-in, and back.

    Without it htmx would follow the redirect and put the sign-in page into a region.
    """

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = self.get_response(request)
        htmx: HtmxDetails | None = getattr(request, "htmx", None)
        if not htmx or response.status_code != 302:
            return response
        sign_in = resolve_url(settings.LOGIN_URL)
        if urlsplit(response.headers.get("Location", "")).path != sign_in:
            return response
        back = htmx.current_url_abs_path or "/"
        return HttpResponseClientRedirect(f"{sign_in}?{urlencode({'next': back})}")
