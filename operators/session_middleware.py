"""Keeps the list of sessions true: a row at sign-in, when it was last seen, its present key."""

import time
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponseBase

from common.net.http.environ import sender_proven
from operators.models import Operator
from operators.operations import active_sessions
from operators.permissions import client_address
from operators.session_store import digest_of

# "Last seen" is as exact as this, so that reading pages hardly ever writes.
SEEN_EVERY_SECONDS = 300
_SEEN, _KEY = "seen", "noted_key"


@receiver(user_logged_in)
def note_sign_in(request: HttpRequest | None, user: Any, **_: Any) -> None:
    if request is None or not isinstance(user, Operator):
        return
    if not request.session.session_key:
        request.session.create()
    key = digest_of(request.session.session_key or "")
    request.session[_SEEN], request.session[_KEY] = int(time.time()), key
    agent = request.headers.get("User-Agent", "")
    active_sessions.note(user, key, agent, client_address(request))


class SessionSeen:
    """Costs no query unless the session was not seen for minutes, or has got another key."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = self.get_response(request)
        session = request.session
        if session.get(_KEY):
            sender_proven(request.META)
            self._follow(request, session.session_key)
        return response

    @staticmethod
    def _follow(request: HttpRequest, session_key: str | None) -> None:
        session, now = request.session, int(time.time())
        key = digest_of(session_key) if session_key else ""
        if session[_KEY] != key and key:
            active_sessions.moved(session[_KEY], key)
            session[_KEY] = key
        if now - session.get(_SEEN, 0) >= SEEN_EVERY_SECONDS:
            active_sessions.seen(key, client_address(request))
            session[_SEEN] = now


_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_of(user_agent: str) -> tuple[str, str]:
    """Browser and system by the names people know; "" for what is not known."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return browser, system
