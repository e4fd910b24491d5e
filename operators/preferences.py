"""Each operator's language and time zone: the chosen one, else the browser's, else the server's."""

from collections.abc import Callable
from functools import lru_cache
from zoneinfo import available_timezones

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone, translation

from operators.models import Operator

# static/js/zone.js sets it.
ZONE_COOKIE = "time_zone"
_REGIONS = (
    "Africa/",
    "America/",
    "Antarctica/",
    "Arctic/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
)


@lru_cache(maxsize=1)
def time_zones() -> tuple[str, ...]:
    """The names one may choose: UTC and Region/City, without the old aliases."""
    return ("UTC", *sorted(name for name in _known() if name.startswith(_REGIONS)))


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(available_timezones())


def browser_zone(request: HttpRequest) -> str:
    """Return the browser's time zone; empty when it names none."""
    name = request.COOKIES.get(ZONE_COOKIE, "")
    return name if name in _known() else ""


class PreferencesMiddleware:
    """Shows every page in the operator's language and zone.

    Behind LocaleMiddleware, which knows the language of the browser and of the cookie.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        operator = request.user if isinstance(request.user, Operator) else None
        language, zone = (operator.language, operator.time_zone) if operator else ("", "")
        if language in dict(settings.LANGUAGES):
            translation.activate(language)
        with timezone.override(zone or browser_zone(request) or settings.TIME_ZONE):
            return self.get_response(request)
