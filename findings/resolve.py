"""Closing findings whose cause has gone: after Switch or Clear, say, nobody has to tidy up."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from devices.models import ClientBinding
from findings.models import Finding, FindingKind, FindingState
from findings.scan import running_short

# After so long without a new sign it has stopped by itself.
QUIET = timedelta(days=7)

_Rule = Callable[[QuerySet[Finding], datetime], QuerySet[Finding]]


def resolve(now: datetime) -> int:
    """Returns how many findings were closed. One statement for each kind."""
    closed = 0
    for kind, rule in _RULES.items():
        live = Finding.objects.filter(kind=kind).exclude(state=FindingState.RESOLVED)
        gone = rule(live, now).values("pk")
        closed += Finding.objects.filter(pk__in=gone).update(
            state=FindingState.RESOLVED, closed_at=now, closed_by=None
        )
    return closed


def _shared(live: QuerySet[Finding], now: datetime) -> QuerySet[Finding]:
    """The credential opens nothing any more."""
    token = Q(~Exists(_live_binding()), ~Q(client_id=""))
    secret = Q(client_id="", device__secret_blocked=True)
    return live.filter(_CUT_OFF | token | secret)


def _flapping(live: QuerySet[Finding], now: datetime) -> QuerySet[Finding]:
    """One physical device was kept, or none; or it has been quiet."""
    kept = Q(device__secret_blocked=True) & ~Q(device__in=_several())
    return live.filter(_CUT_OFF | kept | Q(last_seen__lt=now - QUIET))


def _client_ids(live: QuerySet[Finding], now: datetime) -> QuerySet[Finding]:
    return live.filter(_CUT_OFF | ~Q(device__in=_several()))


def _unused(live: QuerySet[Finding], now: datetime) -> QuerySet[Finding]:
    """It has connected, or was voided."""
    waiting = _live_binding().filter(first_connected_at__isnull=True)
    return live.filter(_CUT_OFF | ~Q(Exists(waiting)))


def _burst(live: QuerySet[Finding], now: datetime) -> QuerySet[Finding]:
    return live.filter(last_seen__lt=now - QUIET)


def _budget(live: QuerySet[Finding], now: datetime) -> QuerySet[Finding]:
    """The window is closed, or has a larger budget, or none."""
    return live.exclude(product__in=running_short())


_RULES: dict[FindingKind, _Rule] = {
    FindingKind.SHARED: _shared,
    FindingKind.FLAPPING: _flapping,
    FindingKind.CLIENT_IDS: _client_ids,
    FindingKind.UNUSED: _unused,
    FindingKind.BURST: _burst,
    FindingKind.BUDGET: _budget,
}

# The device was deleted, or disabled: nobody connects as it.
_CUT_OFF = Q(device__isnull=True) | Q(device__enabled=False)


def _live_binding() -> QuerySet[ClientBinding]:
    return ClientBinding.objects.filter(
        device=OuterRef("device"), client_id=OuterRef("client_id"), voided_at__isnull=True
    )


def _several() -> QuerySet[ClientBinding, int]:
    """Devices with a finding that have more than one live ClientID."""
    counted = (
        ClientBinding.objects.filter(
            voided_at__isnull=True,
            device__in=Finding.objects.exclude(state=FindingState.RESOLVED).values("device"),
        )
        .values("device")
        .annotate(live=Count("pk"))
        .filter(live__gt=1)
    )
    return counted.order_by().values_list("device_id", flat=True)
