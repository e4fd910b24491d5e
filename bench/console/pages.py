"""Which pages are asked for: every list, first and deep, each filter alone, and the details."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Max
from django.utils import timezone

from devices.models import Device, LogEntry
from devices.states import several_client_ids
from operators.models import AuditEntry
from products.models import Product

FLOOR = "one product by its key"
Pages = dict[str, str]
# Parameters of a list's URL, by what is to be measured.
Filters = dict[str, dict[str, object]]


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
        **_searches(),
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
    """What happened."""
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


def _searches() -> Pages:
    """What is typed into the search of the top bar, letter by letter."""
    # One device alone would be gone to at once.
    texts = ("l", "lamp-", "lamp-1012", "lamp-105000", "no such device")
    return {f"Search, {text}": f"/search/?{urlencode({'q': text})}" for text in texts}


def _audit(largest: Product) -> Pages:
    newest = AuditEntry.objects.order_by("-pk")[0]
    return {
        "Audit, first page": "/audit/",
        "Audit, deep": f"/audit/?upto={newest.pk // 2}",
        "Audit, one object": f"/audit/?{urlencode({'target': newest.target})}",
        "Audit, unknown object": "/audit/?target=nobody",
    }
