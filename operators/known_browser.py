"""A signed cookie by which a browser is known that has signed in to an account before.

It lets nobody in. It only keeps a way open for its owner while strangers try passwords for the same
account: `operators.operations.passwords` counts a known browser by itself. See "device cookies" of
OWASP.
"""

import secrets
from collections.abc import Mapping

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from operators.keyed_digests import accepted_digests, keyed_digest
from operators.operations.passwords import Source
from operators.permissions import client_address
from operators.session_store import digest_of

COOKIE = "known_browser"
AGE_SECONDS = 365 * 24 * 3600
# Accounts that share a browser.
_MOST_ACCOUNTS = 5
_SALT = "operators.known_browser"


def sign_in_source(request: HttpRequest, username: str) -> Source:
    """Where a password typed at the sign-in page comes from."""
    known = _accounts(request)
    names = accepted_digests("known-browser", username.casefold())
    browser = next((known[name] for name in names if name in known), "")
    return Source(client_address(request), browser)


def session_source(request: HttpRequest) -> Source:
    """Where a password typed again by somebody signed in comes from."""
    key = request.session.session_key
    return Source(client_address(request), f"session {digest_of(key)}" if key else "")


def remember_browser(request: HttpRequest, response: HttpResponse, username: str) -> None:
    """Call it after a sign-in; each gives the browser a new name."""
    name = keyed_digest("known-browser", username.casefold())
    known = {other: browser for other, browser in _accounts(request).items() if other != name}
    latest = dict(list(known.items())[1 - _MOST_ACCOUNTS :])
    value = signing.dumps({**latest, name: secrets.token_urlsafe(16)}, salt=_SALT)
    response.set_cookie(
        COOKIE,
        value,
        max_age=AGE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def _accounts(request: HttpRequest) -> Mapping[str, str]:
    """Browser names by digest of the account; empty without a cookie of ours."""
    try:
        loaded = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=AGE_SECONDS)
    except signing.BadSignature:
        return {}
    return loaded if isinstance(loaded, dict) else {}
