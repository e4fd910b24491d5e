"""Stages of a fleet import, a part at a time: check, then import.

Each step runs inside the caller's transaction, looks at the part that the import's own position
falls into and moves it on: killed at any moment, whoever goes on does every row exactly once.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from django.utils import timezone
from django.utils.translation import gettext_noop

from devices.credentials import new_device_secret, new_iot_id, token_digest
from devices.models import ClientBinding, Device
from imports.fleet.columns import (
    DATA_FORMAT,
    DESCRIPTION,
    DEVICE_NAME,
    DEVICE_SECRET,
    IOT_ID,
    NET_TYPE,
    NICKNAME,
    NODE_TYPE,
    PRODUCT_NAME,
    PRODUCT_SECRET,
    PRODUCT_STATUS,
)
from imports.fleet.diff import Judged, Times, Verdict, judge_device, judge_product, tally
from imports.fleet.existing import Known
from imports.fleet.records import IssuedClientId, Item, ItemKind, pack, unpack
from imports.fleet.validation import is_disabled, moment
from imports.models import PART_ROWS, FleetImport, FleetPart, ImportState
from imports.operations.batch_stages import Step
from logs.models import ServiceType
from logs.operations import log_writer
from logs.reasons import Reason
from operators.operations import audit
from products.models import DataFormat, NetType, NodeType, Product
from products.operations.import_product import Adopted, adopt_products

# NetType as QueryProduct tells it (console_api.md 3.6).
_NET_TYPES = {
    "3": NetType.WIFI,
    "6": NetType.CELLULAR,
    "7": NetType.ETHERNET,
    "8": NetType.OTHER,
    **{str(kind): kind for kind in NetType},
}
_PUBLISHED = "RELEASE_STATUS"


def locked_import(key: int, *states: ImportState) -> FleetImport | None:
    """The import, locked until the transaction ends, if it is in one of `states`."""
    imports = FleetImport.objects.select_for_update(of=("self",)).select_related("operator")
    return imports.filter(pk=key, state__in=states).first()


def check_part(key: int, position: int) -> Step:
    """Compare the next part with what is here; nothing but the report is written."""
    fleet = locked_import(key, ImportState.CHECK)
    if fleet is None:
        return Step(PART_ROWS)
    part = _part(fleet)
    items = unpack(bytes(part.payload))
    judged = _judge(fleet, items, Known.of(items))
    if _keep_problems(part, items):
        part.payload = pack(items)
        part.save(update_fields=["payload", "problems"])
    _remember_products(fleet, judged)
    counted = tally(judged)
    fleet.found = dict(Counter(fleet.found) + counted)
    _move(fleet, len(items))
    return _step(fleet, position, counted, len(items))


def apply_part(key: int, position: int) -> Step:
    """Create what is new of the next part. What is in conflict by now is left out."""
    fleet = locked_import(key, ImportState.APPLY)
    if fleet is None:
        return Step(PART_ROWS)
    part = _part(fleet)
    items = unpack(bytes(part.payload))
    # All that is locked before the audit trail is.
    known = Known.of(items, lock=True)
    judged = _adopt(fleet, [item for item in items if item.kind == ItemKind.PRODUCT], known)
    judged += _judge(fleet, [item for item in items if item.kind != ItemKind.PRODUCT], known)
    _write_devices(judged, known.products)
    if _keep_problems(part, items):
        part.save(update_fields=["problems"])
    counted = tally(judged)
    _count_devices(fleet, judged)
    fleet.done = dict(Counter(fleet.done) + counted)
    _move(fleet, len(items))
    return _step(fleet, position, counted, len(items))


def _part(fleet: FleetImport) -> FleetPart:
    part: FleetPart = fleet.parts.get(number=fleet.position // PART_ROWS)
    return part


def _judge(fleet: FleetImport, items: Sequence[Item], known: Known) -> list[Judged]:
    now = timezone.now()
    times = Times(now, now if fleet.assume_activated else None)
    verdicts = {key: verdict for key, (verdict, _) in fleet.products.items()}
    judged = []
    for item in items:
        if item.kind == ItemKind.PRODUCT:
            judged.append(judge_product(item, known))
            verdicts[item.product_key] = judged[-1].verdict
        elif item.kind == ItemKind.DEVICE:
            verdict = verdicts.get(item.product_key, "")
            judged.append(judge_device(item, known, verdict, times))
        else:
            judged.append(Judged(item, Verdict.BAD))
    return judged


def _keep_problems(part: FleetPart, items: Sequence[Item]) -> bool:
    """Write them down beside the part; returns whether there are other ones now."""
    before = part.problems
    part.problems = [[*item.name, problem.as_data()] for item in items for problem in item.problems]
    return bool(part.problems != before)


def _remember_products(fleet: FleetImport, judged: Sequence[Judged]) -> None:
    for each in judged:
        if each.item.kind == ItemKind.PRODUCT:
            fleet.products[each.item.product_key] = [each.verdict, 0]


def _count_devices(fleet: FleetImport, judged: Sequence[Judged]) -> None:
    """For the log, how many of each product came."""
    for each in judged:
        if each.item.kind == ItemKind.DEVICE and each.verdict == Verdict.NEW:
            verdict, count = fleet.products.get(each.item.product_key, ["", 0])
            fleet.products[each.item.product_key] = [verdict, count + 1]


def _adopt(fleet: FleetImport, items: Sequence[Item], known: Known) -> list[Judged]:
    """Create the products that are new, and have them known."""
    judged = _judge(fleet, items, known)
    new = [each.item for each in judged if each.verdict == Verdict.NEW]
    _remember_products(fleet, judged)
    if new:
        for product in adopt_products(fleet.actor, [_adopted(item) for item in new]):
            known.products[product.product_key] = product
            # From now on it has to be here, whoever may delete it meanwhile.
            fleet.products[product.product_key] = [Verdict.SAME, 0]
    return judged


def _adopted(item: Item) -> Adopted:
    return Adopted(
        product_key=item.product_key,
        product_secret=item[PRODUCT_SECRET],
        name=item[PRODUCT_NAME] or item.product_key,
        description=item[DESCRIPTION],
        node_type=NodeType.GATEWAY if item[NODE_TYPE] == "1" else NodeType.DIRECT,
        net_type=_NET_TYPES.get(item[NET_TYPE].upper(), NetType.WIFI),
        data_format=DataFormat.CUSTOM if item[DATA_FORMAT] == "0" else DataFormat.ALINK_JSON,
        published=item[PRODUCT_STATUS] == _PUBLISHED,
    )


def _write_devices(judged: Sequence[Judged], products: Mapping[str, Product]) -> None:
    new = {
        each.item.name: _device(each, products[each.item.product_key])
        for each in judged
        if each.item.kind == ItemKind.DEVICE and each.verdict == Verdict.NEW
    }
    Device.objects.bulk_create(new.values())
    for each in judged:
        if each.device and each.activated_at:
            Device.objects.filter(pk=each.device.pk).update(
                activated_at=each.activated_at, claimed_at=each.activated_at
            )
    ClientBinding.objects.bulk_create(
        _binding(each.device or new[each.item.name], slot, issued)
        for each in judged
        for slot, issued in each.client_ids
    )


def _device(judged: Judged, product: Product) -> Device:
    """Make the device. With ClientIDs on the cloud it may register without pre-registration."""
    item = judged.item
    return Device(
        product=product,
        device_name=item[DEVICE_NAME],
        device_secret=item[DEVICE_SECRET] or new_device_secret(),
        iot_id=item[IOT_ID] or new_iot_id(),
        nickname=item[NICKNAME],
        preregistered=not item.client_ids,
        enabled=not is_disabled(item),
        activated_at=judged.activated_at,
        claimed_at=judged.activated_at,
    )


def _binding(device: Device, slot: int, issued: IssuedClientId) -> ClientBinding:
    """Taken for one that has connected: it must never give its slot to a newer registration."""
    now = timezone.now()
    since = min(moment(issued.created) or now, now)
    return ClientBinding(
        device=device,
        client_id=issued.client_id,
        token_digest=token_digest(issued.token),
        slot=slot,
        issued_at=since,
        first_connected_at=since,
    )


def _step(fleet: FleetImport, position: int, counted: Counter[str], looked_at: int) -> Step:
    end = fleet.total if fleet.state in (ImportState.CHECKED, ImportState.DONE) else fleet.position
    return Step(max(end - position, 1), looked_at - counted["bad"], counted["bad"])


def _move(fleet: FleetImport, looked_at: int) -> None:
    fleet.position, fleet.moved_at = fleet.position + looked_at, timezone.now()
    if fleet.position >= fleet.total:
        if fleet.state == ImportState.CHECK:
            fleet.state, fleet.checked, fleet.position = ImportState.CHECKED, True, 0
        else:
            _finish(fleet)
    fleet.save()


def _finish(fleet: FleetImport) -> None:
    """The secrets go; what the report needs stays."""
    fleet.state = ImportState.DONE
    fleet.parts.filter(problems=[]).delete()
    fleet.parts.update(payload=b"")
    summary = gettext_noop(
        "Completed import %(import)s: products %(products_new)s, devices %(devices_new)s"
    )
    facts = {
        "products_new": fleet.done.get("products_new", 0),
        "devices_new": fleet.done.get("devices_new", 0),
        "import": fleet.pk,
    }
    audit.record(fleet.actor, "import.done", fleet.target, summary, **facts)
    log_writer.write(_log_events(fleet), fleet.moved_at)


def _log_events(fleet: FleetImport) -> list[log_writer.Event]:
    """One entry per product: a hundred thousand would bury what devices did."""
    return [
        log_writer.Event(
            service_type=ServiceType.MANAGEMENT,
            operation="import",
            reason=Reason.OK,
            product_key=product_key,
            address=fleet.address,
            detail={"by": str(fleet.actor), "import": str(fleet.pk), "count": str(count)},
        )
        for product_key, (_, count) in fleet.products.items()
        if count
    ]
