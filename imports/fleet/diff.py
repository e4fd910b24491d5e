"""Whether a product or device is new here, there already, or in conflict. The check and the import
ask the same, so what the report says is what is done."""

import enum
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from devices.credentials import token_digest
from devices.models import MAX_CLIENT_IDS, ClientBinding, Device
from imports.fleet.columns import (
    CLIENT_ID,
    DEVICE_NAME,
    DEVICE_SECRET,
    DEVICE_TOKEN,
    IOT_ID,
    PRODUCT_KEY,
    PRODUCT_NAME,
    PRODUCT_SECRET,
    masked,
)
from imports.fleet.existing import Known
from imports.fleet.problems import Problem
from imports.fleet.records import IssuedClientId, Item
from imports.fleet.validation import activated_at
from products.broker_topics import unfit_in
from products.models import Product


class Verdict(enum.StrEnum):
    """CHANGED is a device that is here and gets ClientIDs, or is now known to be activated."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Judged:
    """`client_ids` are to be added, with the slots they get; `activated_at` is to be set."""

    item: Item
    verdict: Verdict
    device: Device | None = None
    client_ids: list[tuple[int, IssuedClientId]] = field(default_factory=list)
    activated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Times:
    """`assumed` is when devices were activated of which nothing tells whether they were."""

    now: datetime
    assumed: datetime | None = None


def judge_product(item: Item, known: Known) -> Judged:
    if not item.bad:
        _compare_product(item, known)
    if item.bad:
        return Judged(item, Verdict.BAD)
    here = item.product_key in known.products
    return Judged(item, Verdict.SAME if here else Verdict.NEW)


def _compare_product(item: Item, known: Known) -> None:
    here = known.products.get(item.product_key)
    if here:
        if item[PRODUCT_SECRET] and item[PRODUCT_SECRET] != here.product_secret:
            item.complain(PRODUCT_SECRET, "other_product_secret")
        return
    if not item[PRODUCT_SECRET]:
        item.complain(PRODUCT_SECRET, "no_product")
    taken_by = known.product_names.get(item[PRODUCT_NAME] or item.product_key)
    if taken_by:
        item.complain(PRODUCT_NAME, "product_name_taken", None, product=taken_by)


def judge_device(item: Item, known: Known, verdict_of_product: str, times: Times) -> Judged:
    """`verdict_of_product` is empty when the import has no row of its product."""
    _find_product(item, known, verdict_of_product)
    here = known.devices.get(item.name)
    if not item.bad:
        _compare_device(item, here, known)
    client_ids = [] if item.bad else _new_client_ids(item, here, known)
    if item.bad:
        return Judged(item, Verdict.BAD)
    activated = activated_at(item, times.assumed, times.now)
    if here is None:
        return Judged(item, Verdict.NEW, None, client_ids, activated)
    # Reset, which opens a device to registration again, leaves `activated_at` as it is.
    activated = None if here.activated_at else activated
    verdict = Verdict.CHANGED if client_ids or activated else Verdict.SAME
    return Judged(item, verdict, here, client_ids, activated)


def _find_product(item: Item, known: Known, verdict: str) -> None:
    if item.bad:
        return
    if verdict == Verdict.BAD:
        item.complain(PRODUCT_KEY, "product_left_out")
    elif item.product_key not in known.products and verdict != Verdict.NEW:
        item.complain(PRODUCT_KEY, "no_product")


def _compare_device(item: Item, here: Device | None, known: Known) -> None:
    if here is None:
        _find_carrier(item, known.products.get(item.product_key))
        if item[IOT_ID] in known.iot_ids:
            item.complain(IOT_ID, "iot_id_taken")
        if not item[DEVICE_SECRET] and not any(each.token for each in item.client_ids):
            item.complain(DEVICE_SECRET, "no_secret")
    elif item[DEVICE_SECRET] and item[DEVICE_SECRET] != here.device_secret:
        item.complain(DEVICE_SECRET, "other_device_secret")


def _find_carrier(item: Item, product: Product | None) -> None:
    """A product that is new here has no broker yet."""
    if product and (unfit := unfit_in(product.data_connections, item[DEVICE_NAME])):
        broker = product.get_data_connections_display()
        item.complain(DEVICE_NAME, "not_carried", broker=broker, found=unfit)


def _new_client_ids(
    item: Item, here: Device | None, known: Known
) -> list[tuple[int, IssuedClientId]]:
    """Those with a DeviceToken that are not here; what was voided here stays void."""
    wanted = []
    for issued in item.client_ids:
        binding = known.bindings.get(issued.client_id)
        wrong = _conflict(issued, binding, here)
        if wrong:
            column = DEVICE_TOKEN if wrong == "other_token" else CLIENT_ID
            value = issued.token if column == DEVICE_TOKEN else issued.client_id
            place = issued.file, issued.row
            item.note(Problem(column, wrong, *place, masked(column, value)))
        elif issued.token and binding is None:
            wanted.append(issued)
    held = known.slots[here.pk] if here and here.pk in known.slots else set()
    free = [slot for slot in range(MAX_CLIENT_IDS) if slot not in held]
    if len(wanted) > len(free):
        item.complain(CLIENT_ID, "too_many_client_ids")
    elif wanted and here and here.registration_refused:
        item.complain(CLIENT_ID, "registration_refused")
    return list(zip(free, wanted, strict=False))


def _conflict(issued: IssuedClientId, binding: ClientBinding | None, here: Device | None) -> str:
    if binding is None:
        return ""
    if here is None or binding.device_id != here.pk:
        return "client_id_taken"
    if issued.token and token_digest(issued.token) != binding.token_digest:
        return "other_token"
    return ""


def tally(judged: Iterable[Judged]) -> Counter[str]:
    """Numbers by `products_new`, `devices_same` and so on, `client_ids_new`, `bad`, `warned`."""
    counted: Counter[str] = Counter()
    for each in judged:
        if each.verdict == Verdict.BAD:
            counted["bad"] += 1
            continue
        things = "products" if each.item.kind == "p" else "devices"
        counted[f"{things}_{each.verdict}"] += 1
        counted["client_ids_new"] += len(each.client_ids)
        counted["warned"] += bool(each.item.problems)
    return counted
