"""Lists of a product's devices, newest first, and how many there are."""

from collections.abc import Sequence
from typing import Any

from django.core import signing
from django.db.models import QuerySet, Sum

from common.web.rpc_parameters import invalid
from devices.api.telling import STATES, certificate, gmt, modified_at, secrets_of, status, utc
from devices.device_state import device_ids_in_state, tally, totals, with_state
from devices.models import Device
from operators.models import AccessKeyScope
from operators.rpc_registry import Actions, Answer, BusinessError, Call, Page, page_of
from products.access import scope
from products.api import product_of
from products.models import Product

ACTIONS = Actions()
LARGEST_PAGE = 50
# Devices that a page may stand behind without a NextToken.
FARTHEST = 10_000


@ACTIONS.add("QueryDevice", AccessKeyScope.READ_ONLY, per_second=50)
def query_device(call: Call) -> Answer:
    """Pages of at most 50; from the 10,001st device on each needs the NextToken of the one before.

    With a token CurrentPage does not matter. DeviceSecrets are empty for a key that may only read.
    """
    product = product_of(call)
    page = page_of(call, largest=LARGEST_PAGE)
    keys = Device.objects.filter(product=product).order_by("-pk").values_list("pk", flat=True)
    if token := call.parameters.text("NextToken"):
        found = list(keys.filter(pk__lt=_place(product, token))[: page.size + 1])
    else:
        found = _at(keys, page, extra=1)
    devices = _devices(product, found[: page.size])
    following = _token(product, found[page.size - 1]) if len(found) > page.size else ""
    rows = _rows(call, devices, "DeviceStatus")
    total = product.device_counts.aggregate(total=Sum("total"))["total"] or 0
    return {"Data": {"DeviceInfo": rows}, "NextToken": following, **_paged(page, total)}


@ACTIONS.add("QueryDeviceByStatus", AccessKeyScope.READ_ONLY, per_second=50)
def query_device_by_status(call: Call) -> Answer:
    """Status 0 UNACTIVE, 1 ONLINE, 3 OFFLINE, 8 DISABLE; pages of at most 50, the first 10,000."""
    call.parameters.required("Status")
    state = STATES.get(call.parameters.integer("Status", 0))
    if state is None:
        raise invalid("Status", "It is 0, 1, 3 or 8.")
    product = product_of(call)
    page = page_of(call, largest=LARGEST_PAGE)
    total = tally(product)[state]
    # To find out that there are none would take a look at each.
    found = _at(device_ids_in_state(product, state), page) if page.start < total else []
    rows = _rows(call, _devices(product, found), "Status")
    return {"Data": {"SimpleDeviceInfo": rows}, **_paged(page, total)}


@ACTIONS.add("QueryDeviceStatistics", AccessKeyScope.READ_ONLY, per_second=50)
def query_device_statistics(call: Call) -> Answer:
    """Count the devices of a product, or of all that the key may look at."""
    if "GroupId" in call.parameters:
        raise invalid("GroupId", "There are no device groups.")
    product_key = product_of(call).product_key if "ProductKey" in call.parameters else ""
    counted = totals(product_key, within=scope(call.operator) if call.operator else None)
    return {
        "Data": {
            "deviceCount": counted.total,
            "activeCount": counted.activated,
            "onlineCount": counted.online,
        }
    }


def _at(keys: QuerySet[Any, int], page: Page, *, extra: int = 0) -> list[int]:
    if page.start + page.size > FARTHEST:
        text = f"CurrentPage times PageSize is at most {FARTHEST:,} without a NextToken."
        raise BusinessError("iot.common.InvalidPageParams", text)
    return list(keys[page.start : page.start + page.size + extra])


def _devices(product: Product, keys: Sequence[int]) -> list[Device]:
    devices = with_state(Device.objects.filter(pk__in=keys).defer("device_secret"))
    found = sorted(devices, key=lambda device: -device.pk)
    for device in found:
        device.product = product
    return found


def _rows(call: Call, devices: Sequence[Device], status_field: str) -> list[dict[str, str]]:
    device_secrets = secrets_of(call, devices)
    return [
        {
            **certificate(device, device_secrets[device.pk]),
            status_field: status(device),
            "GmtCreate": gmt(device.created_at),
            "UtcCreate": utc(device.created_at),
            "GmtModified": gmt(modified_at(device)),
            "UtcModified": utc(modified_at(device)),
        }
        for device in devices
    ]


def _paged(page: Page, total: int) -> dict[str, int]:
    return {
        "Page": page.number,
        "PageSize": page.size,
        "PageCount": page.pages(total),
        "Total": total,
    }


def _signer(product: Product) -> signing.Signer:
    return signing.Signer(salt=f"devices.api.lists/{product.product_key}")


def _token(product: Product, last: int) -> str:
    """For the page after the device with that key; of no use for another product."""
    return signing.b64_encode(_signer(product).sign(str(last)).encode()).decode()


def _place(product: Product, token: str) -> int:
    try:
        return int(_signer(product).unsign(signing.b64_decode(token.encode()).decode()))
    except (signing.BadSignature, ValueError):
        text = "NextToken is not one of a page of this product."
        raise BusinessError("iot.common.InvalidPageParams", text) from None
