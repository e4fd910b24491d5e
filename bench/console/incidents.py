"""Data around a fleet: findings, batches, jobs and the accounts of people.

Each part is added where it is missing, so a fleet from an earlier run is used again.
"""

from django.contrib.auth.hashers import make_password
from django.db import connection
from django.utils import timezone

from bench.console.fleet import Size, by_product, name_of
from bench.console.rows import fill, moment
from findings.models import Finding
from imports.batches.problems import DEVICE_NAME, Problem
from imports.batches.rows import Row, pack
from imports.models import PART_ROWS, BatchMethod, BatchPart, BatchState, DeviceBatch
from jobs.models import Job, JobState
from operators.models import Operator, Role
from products.models import Product, ProductGrant

GUEST = "guest"
_BATCHES = 500
_JOBS = 2_000
_ACCOUNTS = 300
# One in so many devices has, or has had, a finding.
_PER_FINDING = 20
# One in so many rows of the long list cannot be added.
_PER_BAD_ROW = 20
_SEEN = "2026-01-01T00:00:00+00:00"


def add_missing(size: Size) -> None:
    products = list(Product.objects.filter(name__startswith="Product_").order_by("name"))
    if not Finding.objects.exists():
        _findings(size, products)
    if not DeviceBatch.objects.exists():
        _batches(size, products)
    if not Job.objects.exists():
        _jobs()
    if not Operator.objects.filter(username=GUEST).exists():
        _people(products)


def _findings(size: Size, products: list[Product]) -> None:
    """A tenth of them open, the newest first among all kinds."""
    party = {
        "name": "192.0.2.7",
        "first": _SEEN,
        "last": _SEEN,
        "client_ids": ["C50000"],
        "addresses": ["192.0.2.7"],
        "sdks": ["sdk-c-4.2.0"],
        "registrations": 1,
        "connections": 40,
        "kicks": 20,
    }
    evidence = {"parties": [party, {**party, "name": "198.51.100.9"}], "facts": {}, "marks": []}
    kinds = ("shared", "flapping", "client_ids", "unused")
    kind = " ".join(f"WHEN {number} THEN '{each}'" for number, each in enumerate(kinds))
    columns = {
        "kind": f"CASE n % {len(kinds)} {kind} END",
        "state": "CASE n % 10 WHEN 0 THEN 'open' WHEN 1 THEN 'dismissed' ELSE 'resolved' END",
        "product": by_product([str(product.pk) for product in products], "d"),
        "device": "d",
        "device_name": name_of("d"),
        "first_seen": moment("(1767225600 + n)"),
        "last_seen": moment("(1767229200 + n)"),
    }
    fill(
        Finding,
        size.devices // _PER_FINDING,
        columns,
        constants={"evidence": evidence},
        also=f"n * {_PER_FINDING} AS d",
    )


def _batches(size: Size, products: list[Product]) -> None:
    """The first one is of a tenth of all devices, the others share two tenths."""
    product = " ".join(f"WHEN {number} THEN {each.pk}" for number, each in enumerate(products))
    tenth = size.devices // 10
    columns = {
        "product": f"CASE (n - 1) % {len(products)} {product} END",
        "state": "CASE WHEN n % 50 = 2 THEN 'CHECK_FAILED' ELSE 'CREATE_SUCCESS' END",
        "created_at": moment("(1767225600 + n)"),
        "moved_at": moment("(1767225660 + n)"),
    }
    constants = {"method": BatchMethod.AUTO, "total": 400, "added": 400, "origin": "shell"}
    fill(DeviceBatch, _BATCHES, columns, constants=constants)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE devices_device SET batch_id = "
            f"CASE WHEN id <= {tenth} THEN 1 ELSE 2 + id % {_BATCHES - 1} END "
            f"WHERE id <= {3 * tenth}"
        )
    _long_list(DeviceBatch.objects.get(pk=1), tenth)


def _long_list(batch: DeviceBatch, added: int) -> None:
    bad = [
        Row(number, "no", problems=[Problem(DEVICE_NAME, "short", {"length": 2})])
        for number in range(PART_ROWS // _PER_BAD_ROW)
    ]
    parts = max(1, added // PART_ROWS)
    BatchPart.objects.bulk_create(
        BatchPart(batch=batch, number=number, bad=len(bad), payload=pack(bad))
        for number in range(parts)
    )
    batch.method, batch.state = BatchMethod.UPLOAD, BatchState.CREATE_SUCCESS
    batch.bad, batch.added, batch.total = parts * len(bad), added, added + parts * len(bad)
    batch.save()


def _jobs() -> None:
    at = moment("(1767225600 + n)")
    times = ("created_at", "started_at", "finished_at", "heartbeat_at", "turn_at")
    columns = {"operator": str(Operator.objects.get(username="bench").pk)}
    facts = {
        "kind": "devices.disable",
        "origin": "console",
        "state": JobState.DONE,
        "position": 600,
        "total": 600,
        "done": 590,
        "failed": 10,
        "result": {"reasons": {"The device is already disabled.": 10}, "named": ["lamp-1"] * 10},
    }
    fill(Job, _JOBS, columns | dict.fromkeys(times, at), constants=facts)


def _people(products: list[Product]) -> None:
    """One of them may look at the two smallest products alone."""
    columns = {"username": "'person-' || n"}
    constants = {"password": make_password(None), "date_joined": timezone.now()}
    fill(Operator, _ACCOUNTS, columns, constants=constants)
    guest = Operator.objects.create(
        username=GUEST, role=Role.OPERATOR, every_product=False, password=make_password(None)
    )
    ProductGrant.objects.bulk_create(
        ProductGrant(operator=guest, product=product, may_change=True) for product in products[-2:]
    )
