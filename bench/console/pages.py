"""Pages to ask for: every list, first and deep, each filter alone, and the details."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Max
from django.utils import timezone

from devices.device_state import several_client_ids
from devices.models import Device
from findings.models import Finding
from imports.models import DeviceBatch
from jobs.models import Job
from logs.models import LogEntry
from operators.models import AuditEntry, Operator
from products.models import Product

FLOOR = "one product by its key"
Pages = dict[str, str]
Filters = dict[str, dict[str, object]]  # parameters of a list's URL, by what is to be measured


def pages() -> Pages:
    """Names and addresses; the first is the floor that the others are compared with."""
    largest, smallest = _product(0), _product(19)
    return {
        FLOOR: f"/products/{largest.product_key}/edit/",
        "Overview": "/",
        "Products": "/products/",
        "Products by name": "/products/?name=duct_1",
        **_device_lists(largest, smallest),
        **_details(largest),
        **_logs(largest, smallest),
        **_audit(largest),
        **_search(largest),
        **_acts_on_many(largest, smallest),
        **_leak(largest, smallest),
        **_findings(largest),
        **_batches(largest),
        **_accounts(),
    }


def guest_pages() -> Pages:
    """Pages for a guest who may view only the two smallest products."""
    largest, smallest = _product(0), _product(19)
    own = Device.objects.filter(product=smallest).latest("pk")
    return {
        "Guest: Overview": "/",
        "Guest: Products": "/products/",
        "Guest: Devices": "/devices/",
        "Guest: Devices, online": "/devices/?state=online",
        "Guest: Devices, prefix": "/devices/?name=lamp-",
        "Guest: Devices, product not theirs": f"/devices/?product={largest.product_key}",
        "Guest: Device Details": own.get_absolute_url(),
        "Guest: Device Details, timeline": f"{own.get_absolute_url()}timeline/",
        "Guest: Log": "/logs/",
        "Guest: Log, text, none": "/logs/?q=nothing+like+it",
        "Guest: Log, reason": "/logs/?reason=bad_signature",
        "Guest: Log, how many new": f"/logs/new/?seen={LogEntry.objects.latest('pk').pk - 5_000}",
        "Guest: Audit": "/audit/",
        "Guest: Findings": "/findings/",
        "Guest: Findings, all": "/findings/?state=all",
        "Guest: Findings, how many": "/findings/count/",
        "Guest: Batches": "/devices/batches/",
        "Guest: Search box, prefix": "/search/?q=lamp-",
        "Guest: Search box, none": "/search/?q=nobody-at-all",
        "Guest: Matching, all": "/devices/matching/",
        "Guest: Matching, prefix": "/devices/matching/?name=lamp-",
    }


def _product(number: int) -> Product:
    return Product.objects.get(name=f"Product_{number:02}")


def _device_lists(largest: Product, smallest: Product) -> Pages:
    newest = Device.objects.aggregate(newest=Max("pk"))["newest"]
    filters: Filters = {
        "first page": {},
        "deep": {"before": newest // 2},
        "last": {"before": 60},
        "newer, deep": {"after": newest // 2},
        "activated": {"activated": "yes"},
        "compromised": {"compromised": "on"},
        "compromised, deep": {"compromised": "on", "before": newest // 100},
        **{state: {"state": state} for state in ("inactive", "online", "offline", "disabled")},
        "online, last": {"state": "online", "before": newest // 1000},
        "disabled, deep": {"state": "disabled", "before": newest // 2},
        "prefix, 1 match": {"name": "lamp-10500000"},
        "prefix, 600,000": {"name": "lamp-"},
        "prefix, none": {"name": "no such device"},
        "prefix, 6,000": {"name": "lamp-1012"},
        "prefix, online": {"name": "lamp-1012", "state": "online"},
        "prefix, one letter": {"name": "S"},
    }
    listed = {f"Devices, {name}": query for name, query in filters.items()}
    for name, product in (("600,000 of one product", largest), ("100 of one product", smallest)):
        for part, query in filters.items():
            listed[f"Devices, {name}, {part}"] = {**query, "product": product.product_key}
    shown = Device.objects.order_by("-pk").values_list("pk", flat=True)[:50]
    ids = urlencode([("id", key) for key in shown])
    return {
        **{name: f"/devices/?{urlencode(query)}" for name, query in listed.items()},
        "Devices, live states": f"/devices/states/?{ids}",
        "Devices, live states of one product": (
            f"/devices/states/?product={largest.product_key}&{ids}"
        ),
    }


def _details(largest: Product) -> Pages:
    cloned = Device.objects.filter(pk__in=several_client_ids()).select_related("product")[0]
    device, product = cloned.get_absolute_url(), largest.get_absolute_url()
    return {
        "Product Details": product,
        "Product Details, devices": f"{product}devices/",
        "Product Details, connect": f"{product}connect/",
        "Device Details": device,
        "Device Details, log": f"{device}log/",
        "Device Details, timeline": f"{device}timeline/",
        "Switch": f"{device}switch/",
    }


def _logs(largest: Product, smallest: Product) -> Pages:
    newest = LogEntry.objects.order_by("-pk")[0]
    filters = {
        **_log_places(newest, largest, smallest),
        **_log_words(largest, smallest),
        **_log_times(timezone.now() - timedelta(days=20)),
    }
    listed = {f"Log, {name}": f"/logs/?{urlencode(query)}" for name, query in filters.items()}
    listed["Log, how many new"] = f"/logs/new/?seen={newest.pk}"
    listed["Log, how many new with a text, since a day"] = (
        f"/logs/new/?{urlencode({'seen': newest.pk - newest.pk // 30, 'q': 'nothing like it'})}"
    )
    return listed


def _log_places(newest: LogEntry, largest: Product, smallest: Product) -> Filters:
    """Where in the log, and of whom."""
    return {
        "first page": {},
        "deep": {"before": newest.pk // 2},
        "newer, deep": {"after": newest.pk // 2},
        "largest product": {"product": largest.product_key},
        "smallest product": {"product": smallest.product_key},
        "unknown product": {"product": "a1Unknown00"},
        "device": {"product": newest.product_key, "device": newest.device_name},
        "device alone": {"device": newest.device_name},
        "unknown device": {"device": "nobody-at-all"},
        "ClientID": {"client": "C5000"},
        "trace": {"trace": newest.trace_id},
    }


def _log_words(largest: Product, smallest: Product) -> Filters:
    """Log filters by result, reason and type."""
    return {
        "success": {"result": "success"},
        "fail": {"result": "fail"},
        "fail, smallest product": {"result": "fail", "product": smallest.product_key},
        "reason": {"reason": "bad_signature"},
        "reason that never was": {"reason": "server_error"},
        "type": {"type": "registration"},
        "rare type": {"type": "management"},
        "type that never was": {"type": "uplink"},
        "text, common": {"q": "lamp-1"},
        "text, rare": {"q": "lamp-10500000"},
        "text, none": {"q": "nothing like it"},
        "text, largest product": {"q": "nothing like it", "product": largest.product_key},
    }


def _log_times(ago: datetime) -> Filters:
    return {
        "last hour": {"within": "60"},
        "20 days ago": {"until": ago.isoformat()},
        "one hour, 20 days ago": {
            "since": (ago - timedelta(hours=1)).isoformat(),
            "until": ago.isoformat(),
        },
        "reason, 20 days ago": {"until": ago.isoformat(), "reason": "bad_signature"},
    }


def _audit(largest: Product) -> Pages:
    newest = AuditEntry.objects.order_by("-pk")[0]
    return {
        "Audit, first page": "/audit/",
        "Audit, deep": f"/audit/?upto={newest.pk // 2}",
        "Audit, one object": f"/audit/?{urlencode({'target': newest.target})}",
        "Audit, unknown object": "/audit/?target=nobody",
        "Audit, exactly one object": f"/audit/?{urlencode({'object': newest.target})}",
        "Audit, who": "/audit/?who=bench",
        "Audit, act": "/audit/?act=device.delete",
        "Audit, origin": "/audit/?origin=api",
        "Audit, a time": "/audit/?until=2020-01-01T00:00:00Z",
    }


def _search(largest: Product) -> Pages:
    device = Device.objects.filter(product=largest).latest("pk")
    texts = {
        "nothing": "",
        "one letter": "l",
        "prefix, 600,000": "lamp-",
        "DeviceName": device.device_name,
        "IotId": device.iot_id,
        "ClientID": "C5000000",
        "ProductKey": largest.product_key,
        "none": "nobody-at-all",
    }
    return {
        f"Search box, {name}": f"/search/?{urlencode({'q': text})}" for name, text in texts.items()
    }


def _acts_on_many(largest: Product, smallest: Product) -> Pages:
    """How many match, and the dialog for all of them."""
    filters = {
        "all": {},
        "600,000 of one product": {"product": largest.product_key},
        "100 of one product": {"product": smallest.product_key},
        "activated": {"activated": "yes"},
        "compromised": {"compromised": "on"},
        "offline": {"state": "offline"},
        "offline, 100 of one product": {"state": "offline", "product": smallest.product_key},
        "disabled, 100 of one product": {"state": "disabled", "product": smallest.product_key},
        "online": {"state": "online"},
        "prefix, 600,000": {"name": "lamp-"},
        "prefix, 6,000": {"name": "lamp-1012"},
        "prefix, online": {"name": "lamp-", "state": "online"},
        "a batch": {"batch": "1"},
    }
    queries = {name: urlencode(query) for name, query in filters.items()}
    return {
        **{f"Matching, {name}": f"/devices/matching/?{q}" for name, q in queries.items()},
        **{f"Disable, {name}": f"/devices/bulk-disable/?all=on&{q}" for name, q in queries.items()},
    }


def _leak(largest: Product, smallest: Product) -> Pages:
    """Registrations are spread over a year."""
    now, pages = timezone.now(), {}
    for days in (1, 7, 365):
        since = urlencode({"since": (now - timedelta(days=days)).isoformat()})
        for size, product in (("600,000", largest), ("100", smallest)):
            here = f"{product.get_absolute_url()}secret-leaked/?{since}"
            pages[f"Secret leaked, {days} days, {size} of one product"] = here
    newest = Device.objects.latest("pk").pk
    pages["Secret leaked, 365 days, deep"] = (
        f"{largest.get_absolute_url()}secret-leaked/?{since}&before={newest // 2}"
    )
    return pages


def _findings(largest: Product) -> Pages:
    newest = Finding.objects.latest("pk")
    filters: dict[str, dict[str, object]] = {
        "first page": {},
        "deep": {"before": newest.pk // 2},
        "all": {"state": "all"},
        "dismissed": {"state": "dismissed"},
        "kind": {"kind": "shared"},
        "kind that never was": {"kind": "budget", "state": "all"},
        "largest product": {"product": largest.product_key},
    }
    return {
        **{f"Findings, {name}": f"/findings/?{urlencode(q)}" for name, q in filters.items()},
        "Findings, how many": "/findings/count/",
        "Finding": newest.get_absolute_url(),
    }


def _batches(largest: Product) -> Pages:
    long = DeviceBatch.objects.get(pk=1).get_absolute_url()
    newest = DeviceBatch.objects.latest("pk")
    last = Device.objects.filter(batch=1).latest("pk").pk
    return {
        "Batches": "/devices/batches/",
        "Batches, deep": f"/devices/batches/?before={newest.pk // 2}",
        "Batches, largest product": f"/devices/batches/?product={largest.product_key}",
        "Batches, to fix": "/devices/batches/?state=CHECK_FAILED",
        "Batch of 100,000": long,
        "Batch of 100,000, deep": f"{long}?before={last // 2}",
        "Batch of 400": newest.get_absolute_url(),
        "Devices, a batch of 100,000": "/devices/?batch=1",
        "Devices, a batch of 100,000, online": "/devices/?batch=1&state=online",
        "Job": Job.objects.latest("pk").get_absolute_url(),
    }


def _accounts() -> Pages:
    return {
        "Accounts": "/settings/accounts/",
        "Account": Operator.objects.get(username="bench").get_absolute_url(),
        "Sessions": "/settings/sessions/",
    }
