"""Passwords are tried here only, and not often enough to guess one.

A try is entered before the password is looked at and taken back when it was right, so parallel
tries cannot exceed a limit. Counted are wrong tries in the last quarter of an hour, per
- name and address together (5): the usual guesser;
- address (20): one who tries many names;
- name (50): one who comes from many addresses. It is that high because it also locks out the
  owner, which a stranger must not get for five requests.
"""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network

from django.utils import timezone
from django.utils.translation import gettext as _

from operators.digests import keyed_digest
from operators.errors import words_for
from operators.models import Operator, SignInAttempt

WINDOW = timedelta(minutes=15)
PER_NAME_AND_ADDRESS = 5
PER_ADDRESS = 20
PER_NAME = 50


class TooManyTriesError(Exception):
    """`text` tells how long to wait."""

    def __init__(self, wait: timedelta) -> None:
        self.text = _("Too many wrong passwords. Try again in %(wait)s.") % {
            "wait": words_for(wait)
        }
        self.retry_after = wait
        super().__init__(self.text)


@dataclass(frozen=True, slots=True)
class Try:
    """A try that has been entered; `forgive` it when the password was right."""

    pair: str
    rows: tuple[int, ...]

    def forgive(self) -> None:
        SignInAttempt.objects.filter(pk__in=self.rows).delete()
        SignInAttempt.objects.filter(key=self.pair).delete()


def enter(username: str, address: str | None) -> Try:
    """Enter one try of `username`'s password, or raise TooManyTriesError and count nothing."""
    now = timezone.now()
    SignInAttempt.objects.filter(at__lte=now - WINDOW).delete()
    limits = _limits(username.casefold(), _network(address))
    rows = SignInAttempt.objects.bulk_create(SignInAttempt(key=key, at=now) for key in limits)
    entered = Try(next(iter(limits)), tuple(row.pk for row in rows))
    waits = [wait for key, limit in limits.items() if (wait := _wait(key, limit))]
    if waits:
        SignInAttempt.objects.filter(pk__in=entered.rows).delete()
        raise TooManyTriesError(max(waits))
    return entered


def _limits(name: str, network: str) -> dict[str, int]:
    """Each counter with its limit, the one of name and address first."""
    return {
        keyed_digest("sign-in", name, network): PER_NAME_AND_ADDRESS,
        keyed_digest("sign-in-address", network): PER_ADDRESS,
        keyed_digest("sign-in-name", name): PER_NAME,
    }


def _network(address: str | None) -> str:
    """One IPv6 subscriber owns a whole /64 and may come from any address of it."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return ""
    return str(ip_network((parsed, 64 if parsed.version == 6 else 32), strict=False))


def _wait(key: str, limit: int) -> timedelta | None:
    """How long `key` has to wait when it has had more than `limit` tries, this one included."""
    now = timezone.now()
    times = SignInAttempt.objects.filter(key=key, at__gt=now - WINDOW).order_by("-at", "-id")
    over = times.values_list("at", flat=True)[limit : limit + 1]
    return over[0] + WINDOW - now if over else None


def is_right(operator: Operator, password: str, address: str | None) -> bool:
    """Whether this is the operator's password; raises TooManyTriesError."""
    entered = enter(operator.get_username(), address)
    if not operator.check_password(password):
        return False
    entered.forgive()
    return True
