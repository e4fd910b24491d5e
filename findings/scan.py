"""Signs that no single log entry shows: bursts, budgets, unused ClientIDs. A worker looks now and
then."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, QuerySet, Sum

from devices.models import ClientBinding
from findings.evidence import (
    MOST_ENTRIES,
    REGISTRATIONS,
    Evidence,
    by_address,
    by_client_id,
    parties_of,
)
from findings.models import Finding, FindingKind, FindingState
from findings.operations import Sign, observe
from logs.models import LogEntry, LogTally
from logs.reasons import Reason
from products.models import Product
from products.registration_window import WARNING_SHARE, window_state

_HOUR = timedelta(hours=1)
_USUAL = timedelta(days=7)
_ACCEPTED = (Reason.OK, Reason.SLOT_RECLAIMED)
# A product whose ClientIDs nobody uses must not bury the findings of others.
MOST_UNUSED = 100


def survey(now: datetime) -> None:
    """Note what the tallies and the ClientIDs are a sign of."""
    for sign in (*_bursts(now), *_budgets(now), *_unused(now)):
        with transaction.atomic():
            observe(sign)


# --- Bursts ---------------------------------------------------------------------------------------
def _bursts(now: datetime) -> Iterable[Sign]:
    # An hour is looked at until a little after its end: the tallies come some seconds late.
    hour = (now - timedelta(minutes=5)).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    for product_key, at, times in _busy_hours(hour):
        product = Product.objects.defer("product_secret").get(product_key=product_key)
        usual = _busiest_hour(product_key, at)
        if times > settings.FINDING_BURST_FACTOR * usual:
            yield _burst_sign(product, at, times, usual)


def _busy_hours(since: datetime) -> list[tuple[str, datetime, int]]:
    counted = (
        _registrations(since)
        .exclude(product_key="")
        .values("product_key", "hour")
        .annotate(times=Sum("count"))
        .filter(times__gte=settings.FINDING_BURST_PER_HOUR)
        .values_list("product_key", "hour", "times")
    )
    known = Product.objects.values("product_key")
    return list(counted.filter(product_key__in=known).order_by("hour"))


def _busiest_hour(product_key: str, before: datetime) -> int:
    """The most registrations in one hour of the week before, the hour just before left out."""
    hours: Counter[datetime] = Counter()
    past = _registrations(before - _USUAL).filter(product_key=product_key, hour__lt=before - _HOUR)
    for hour, count in past.values_list("hour", "count"):
        hours[hour] += count
    return max(hours.values(), default=0)


def _registrations(since: datetime) -> QuerySet[LogTally]:
    return LogTally.objects.filter(
        hour__gte=since, operation__in=REGISTRATIONS, reason__in=_ACCEPTED
    ).order_by()


def _burst_sign(product: Product, hour: datetime, times: int, usual: int) -> Sign:
    entries = LogEntry.objects.filter(
        product_key=product.product_key,
        operation__in=REGISTRATIONS,
        code="200",
        at__gte=hour,
        at__lt=hour + _HOUR,
    ).order_by("-pk")
    newest = list(entries[:MOST_ENTRIES])
    facts: dict[str, int | str] = {
        "registrations": times,
        "usual": usual,
        "hour": hour.isoformat(),
    }
    evidence = Evidence(parties_of(newest[::-1], by_address), facts, (hour.isoformat(),))
    last = newest[0].at if newest else hour
    return Sign(FindingKind.BURST, product, last, evidence)


# --- Budgets --------------------------------------------------------------------------------------
def _budgets(now: datetime) -> Iterable[Sign]:
    for product in running_short().defer("product_secret"):
        state = window_state(product, now)
        opened = product.dynamic_registration_changed_at
        facts: dict[str, int | str] = {"used": state.used, "budget": state.budget or 0}
        mark = f"{opened.isoformat() if opened else ''} {state.budget}"
        yield Sign(FindingKind.BUDGET, product, now, Evidence((), facts, (mark,)))


def running_short() -> QuerySet[Product]:
    """Products that let devices in and have used most of their budget."""
    return Product.objects.filter(
        dynamic_registration=True,
        registration_budget__isnull=False,
        registration_used__gte=F("registration_budget") * WARNING_SHARE,
    )


# --- ClientIDs nobody uses ----------------------------------------------------------------------
def _unused(now: datetime) -> Iterable[Sign]:
    cutoff = now - timedelta(hours=settings.FINDING_UNUSED_HOURS)
    told = Finding.objects.filter(
        kind=FindingKind.UNUSED,
        product=OuterRef("device__product"),
        device_name=OuterRef("device__device_name"),
        client_id=OuterRef("client_id"),
    )
    bindings = (
        unclaimed(cutoff)
        .filter(~Exists(told), device__enabled=True)
        .exclude(device__product__in=_full())
        .select_related("device__product")
        .defer("device__device_secret", "device__product__product_secret")
    )
    for binding in bindings.order_by("issued_at")[:MOST_UNUSED]:
        yield _unused_sign(binding)


def unclaimed(cutoff: datetime) -> QuerySet[ClientBinding]:
    """Live ClientIDs issued before then that never connected."""
    return ClientBinding.objects.filter(
        voided_at__isnull=True, first_connected_at__isnull=True, issued_at__lt=cutoff
    )


def _full() -> list[int]:
    """Products that have as many findings of unused ClientIDs as anybody wants to read."""
    counted = (
        Finding.objects.filter(kind=FindingKind.UNUSED)
        .exclude(state=FindingState.RESOLVED)
        .values("product")
        .annotate(times=Count("pk"))
        .filter(times__gte=MOST_UNUSED)
    )
    return list(counted.order_by().values_list("product", flat=True))


def _unused_sign(binding: ClientBinding) -> Sign:
    entries = LogEntry.objects.filter(client_id=binding.client_id, code="200").order_by("pk")
    evidence = Evidence(
        parties_of(entries[:MOST_ENTRIES], by_client_id),
        {"hours": settings.FINDING_UNUSED_HOURS},
        (binding.client_id,),
    )
    device = binding.device
    return Sign(
        FindingKind.UNUSED, device.product, binding.issued_at, evidence, device, binding.client_id
    )
