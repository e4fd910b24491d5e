"""Passwords are tried here only, and not often enough to guess one.

Only wrong passwords count, for a quarter of an hour, and only within the limits below a right one
is accepted. A browser that has signed in to the account before, or a session, is counted by itself
alone (5): strangers cannot lock it out (OWASP calls this device cookies). All others share
- name and network (5): the usual guesser;
- name and block of networks (100), name (500): one who comes from many networks;
- network (100), block of networks (300): one who tries many names.

Where a name or a network has had many wrong passwords (`_MANY`), each network has one try per name
instead of five. So many networks guess slowly, and a right password is still accepted from a new
browser, beside wrong ones of others from the same network or for the same name.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from common.sql.named_lock import hold
from operators.errors import words_for
from operators.keyed_digests import keyed_digest
from operators.models import Operator, SignInAttempt

WINDOW = timedelta(minutes=15)
PER_BROWSER = 5
PER_NAME_AND_NETWORK = 5
PER_NAME_AND_BLOCK = 100
PER_NAME = 500
PER_NETWORK = 100
PER_BLOCK = 300
_MANY = {"sign-in-block": 20, "sign-in-name": 50, "sign-in-network": 20}


class TooManyTriesError(Exception):
    """`text` tells how long to wait."""

    def __init__(self, wait: timedelta) -> None:
        self.text = _("Too many wrong passwords. Try again in %(wait)s.") % {
            "wait": words_for(wait)
        }
        self.retry_after = wait
        super().__init__(self.text)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a password comes from: an address, and what is known of the browser, if anything.

    `browser` names one that has signed in to the same account before, or a session of it.
    """

    address: str | None
    browser: str = ""


class Attempt:
    """One try of a password. Ask `require_allowed`, look at the password, then `settle`.

    Parallel tries are counted one after the other in `settle`: of wrong ones no more are answered
    than the limits allow, and any number of right ones is accepted.
    """

    def __init__(self, username: str, source: Source) -> None:
        self._name = username.casefold()
        self._limits = _limits(self._name, source)
        self._own = next(iter(self._limits))

    def require_allowed(self) -> None:
        """Raises TooManyTriesError; counts nothing, so asking does not prolong the wait."""
        now = timezone.now()
        counted = _counted({limit.key for limit in self._limits.values()}, now)
        waits = [
            _wait(limit.key, most, now)
            for kind, limit in self._limits.items()
            if counted.get(limit.key, 0) >= (most := self._most(kind, counted))
        ]
        if waits:
            raise TooManyTriesError(max(waits))

    def _most(self, kind: str, counted: dict[str, int]) -> int:
        if kind != "sign-in":
            return self._limits[kind].most
        many = any(counted.get(self._limits[each].key, 0) >= most for each, most in _MANY.items())
        return 1 if many else PER_NAME_AND_NETWORK

    def settle(self, *, right: bool) -> None:
        """Count a wrong password; a right one forgives the own wrong ones before it.

        Raises TooManyTriesError, right or wrong, when others have used up the tries meanwhile.
        """
        with transaction.atomic():
            hold("sign-in", self._name)
            self.require_allowed()
            if right:
                SignInAttempt.objects.filter(key=self._limits[self._own].key).delete()
            else:
                self._count()

    def _count(self) -> None:
        now = timezone.now()
        SignInAttempt.objects.filter(at__lte=now - WINDOW).delete()
        SignInAttempt.objects.bulk_create(
            SignInAttempt(key=limit.key, at=now) for limit in self._limits.values()
        )


@dataclass(frozen=True, slots=True)
class _Limit:
    key: str
    most: int


def _limits(name: str, source: Source) -> dict[str, _Limit]:
    """By kind, the narrowest first."""
    if source.browser:
        return {"browser": _limit("sign-in-browser", PER_BROWSER, name, source.browser)}
    network, block = _network(source.address, 32, 64), _network(source.address, 24, 48)
    return {
        "sign-in": _limit("sign-in", PER_NAME_AND_NETWORK, name, network),
        "sign-in-block": _limit("sign-in-block", PER_NAME_AND_BLOCK, name, block),
        "sign-in-name": _limit("sign-in-name", PER_NAME, name),
        "sign-in-network": _limit("sign-in-address", PER_NETWORK, network),
        "sign-in-any-block": _limit("sign-in-any-block", PER_BLOCK, block),
    }


def _limit(kind: str, most: int, *parts: str) -> _Limit:
    return _Limit(keyed_digest(kind, *parts), most)


def _network(address: str | None, v4_bits: int, v6_bits: int) -> str:
    """One IPv6 subscriber owns at least a /64 and may come from any address of it."""
    try:
        parsed = ip_address((address or "").partition("%")[0])
    except ValueError:
        return ""
    # A socket for both versions says ::ffff:192.0.2.7.
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    bits = v6_bits if parsed.version == 6 else v4_bits
    return str(ip_network((parsed, bits), strict=False))


def _counted(keys: set[str], now: datetime) -> dict[str, int]:
    recent = SignInAttempt.objects.filter(key__in=keys, at__gt=now - WINDOW)
    return dict(recent.values_list("key").annotate(Count("pk")))


def _wait(key: str, most: int, now: datetime) -> timedelta:
    """How long until fewer than `most` wrong ones are left of `key`."""
    times = SignInAttempt.objects.filter(key=key, at__gt=now - WINDOW).order_by("-at", "-id")
    newest = times.values_list("at", flat=True)[most - 1 : most]
    return newest[0] + WINDOW - now if newest else timedelta(seconds=1)


def is_right(operator: Operator, password: str, source: Source) -> bool:
    """Whether this is the operator's password; raises TooManyTriesError."""
    attempt = Attempt(operator.get_username(), source)
    attempt.require_allowed()
    right = operator.check_password(password)
    attempt.settle(right=right)
    return right
