"""Headers that every answer carries, whoever made it: a page, a file, a redirect, an error, an
answer to a machine.

What sits nearer to the view has said already what it knows better. Old firmware fails on a header
line of more than 128 bytes (protocol.md 3.1), so no line from here is longer than 80.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

# For what is no page: it may load nothing, and stand in nobody's frame.
NOTHING = "default-src 'none'; frame-ancestors 'none'"
_ALWAYS = {
    "Content-Security-Policy": NOTHING,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Pages name devices, products and people. Static files say for themselves how long they keep.
    "Cache-Control": "no-store",
}


# Only a browser that shows a page has a use for these.
_PAGES = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def hsts() -> str:
    """Empty while the console is not served over TLS: the header counts for every port."""
    if not settings.SECURE_HSTS_SECONDS:
        return ""
    parts = [f"max-age={settings.SECURE_HSTS_SECONDS}"]
    parts += ["includeSubDomains"] if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS else []
    parts += ["preload"] if settings.SECURE_HSTS_PRELOAD else []
    return "; ".join(parts)


class HeadersMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        page = response.headers.get("Content-Type", "").startswith("text/html")
        for name, value in {**_ALWAYS, **(_PAGES if page else {})}.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Referrer-Policy", settings.SECURE_REFERRER_POLICY)
        if request.is_secure() and (value := hsts()):
            response.headers.setdefault("Strict-Transport-Security", value)
        return response
