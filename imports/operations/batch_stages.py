"""Stages of a batch, a part at a time: check, add, take back.

Each step runs inside the caller's transaction, looks at not more than `size` rows from `position`
on and moves the batch's own position with what it did: killed at any moment, whoever goes on does
every row exactly once, and a DeviceSecret that was committed never changes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext_noop

from common.text.stored_messages import for_count
from devices.credentials import NAME_LENGTH, new_device_name, new_device_secret
from devices.models import Device, RevocationReason
from devices.operations.lookup import taken_names
from devices.operations.revoke import revoke
from imports.batches.broker_problems import broker_problems
from imports.batches.problems import DEVICE_NAME, Problem
from imports.batches.rows import Row, pack, unpack
from imports.models import PART_ROWS, BatchMethod, BatchPart, BatchState, DeviceBatch
from logs.models import ServiceType
from logs.operations import log_writer
from logs.reasons import Reason
from operators.operations import audit


@dataclass(frozen=True, slots=True)
class Step:
    """`taken` rows have been looked at, counted from the position that was given."""

    taken: int
    good: int = 0
    bad: int = 0


def check_rows(key: int, position: int, size: int) -> Step:
    """Look whether the product has the DeviceNames already."""
    batch = locked_batch(key, BatchState.CHECK)
    if batch is None:
        return Step(size)
    start = max(position, batch.position)
    part, rows, chosen = _part(batch, start, size)
    good = [row for row in chosen if not row.problems]
    taken = taken_names(batch.product, [row.device_name for row in good])
    bad = _mark_not_carried(batch, part, good) + _mark_taken(batch, part, good, taken)
    if bad:
        _store(part, rows)
    end = start + len(chosen)
    outcome = BatchState.CHECK_FAILED if batch.bad else BatchState.CHECK_SUCCESS
    _move(batch, end, outcome)
    return Step(end - position, len(good) - bad, len(chosen) - len(good) + bad)


def create_rows(key: int, position: int, size: int) -> Step:
    """Add devices with new credentials. A name somebody has taken meanwhile is a bad row."""
    batch = locked_batch(key, BatchState.CREATE)
    if batch is None:
        return Step(size)
    start = max(position, batch.position)
    generated = batch.method == BatchMethod.AUTO
    looked_at, added = (_generate if generated else _add_listed)(batch, start, size)
    batch.added += added
    if batch.bad and batch.all_or_nothing:
        _fail(batch)
    else:
        _move(batch, start + looked_at, BatchState.CREATE_SUCCESS)
    return Step(start + looked_at - position, added, looked_at - added)


def undo_rows(key: int, size: int) -> Step:
    """Take back what an all-or-nothing batch has added. Nothing is left when `taken` is 0."""
    batch = locked_batch(key, BatchState.CREATE_FAILED)
    if batch is None:
        return Step(0)
    devices = list(batch.devices.select_for_update(of=("self",)).order_by("pk")[:size])
    now = timezone.now()
    used = [device for device in devices if device.registered_at or device.activated_at]
    revoke(used, RevocationReason.DELETE, now)
    Device.objects.filter(pk__in=[device.pk for device in devices]).delete()
    batch.added -= len(devices)
    batch.moved_at = now
    batch.save(update_fields=["added", "moved_at"])
    return Step(len(devices), len(devices))


def locked_batch(key: int, *states: BatchState) -> DeviceBatch | None:
    """The batch, locked until the transaction ends, if it is in one of `states`."""
    batches = DeviceBatch.objects.select_for_update(of=("self",))
    return batches.select_related("product", "operator").filter(pk=key, state__in=states).first()


def _part(batch: DeviceBatch, start: int, size: int) -> tuple[BatchPart, list[Row], list[Row]]:
    """The part `start` falls into, its rows, and those to look at now."""
    part = batch.parts.get(number=start // PART_ROWS)
    rows, offset = unpack(bytes(part.payload)), start % PART_ROWS
    return part, rows, rows[offset : offset + size]


def _mark_taken(batch: DeviceBatch, part: BatchPart, among: list[Row], names: set[str]) -> int:
    """Note in the rows which DeviceNames are not free; returns how many rows became bad."""
    return _mark(batch, part, among, dict.fromkeys(names, Problem(DEVICE_NAME, "taken")))


def _mark_not_carried(batch: DeviceBatch, part: BatchPart, among: list[Row]) -> int:
    """The same of those that the product's broker cannot carry."""
    unfit = broker_problems(batch.product, [row.device_name for row in among])
    return _mark(batch, part, among, unfit)


def _mark(
    batch: DeviceBatch, part: BatchPart, among: list[Row], problems: Mapping[str, Problem]
) -> int:
    marked = [row for row in among if not row.problems and row.device_name in problems]
    for row in marked:
        row.problems.append(problems[row.device_name])
    part.bad += len(marked)
    batch.bad += len(marked)
    return len(marked)


def _store(part: BatchPart, rows: list[Row]) -> None:
    part.payload = pack(rows)
    part.save(update_fields=["payload", "bad"])


def _add_listed(batch: DeviceBatch, start: int, size: int) -> tuple[int, int]:
    part, rows, chosen = _part(batch, start, size)
    good = [row for row in chosen if not row.problems]
    bad = _mark_not_carried(batch, part, good)
    added = _insert([_device(batch, row) for row in good if not row.problems])
    bad += _mark_taken(batch, part, good, {row.device_name for row in good} - added)
    if _forget_secrets(chosen) or bad:
        _store(part, rows)
    return len(chosen), len(added)


def _device(batch: DeviceBatch, row: Row) -> Device:
    return Device(
        product=batch.product,
        batch=batch,
        device_name=row.device_name,
        nickname=row.nickname,
        sn=row.sn,
        device_secret=row.device_secret or new_device_secret(),
    )


def _forget_secrets(rows: list[Row]) -> bool:
    """The devices have them now; returns whether there were any."""
    had = any(row.device_secret for row in rows)
    for row in rows:
        row.device_secret = ""
    return had


def _generate(batch: DeviceBatch, start: int, size: int) -> tuple[int, int]:
    """Random names until enough of them were free; the first lot practically always is."""
    wanted = min(size, batch.total - start)
    length = NAME_LENGTH - len(batch.prefix)
    if broker_problems(batch.product, [batch.prefix]):
        return wanted, 0  # the product was given to a broker meanwhile
    added = 0
    while added < wanted:
        names = {batch.prefix + new_device_name(length) for _ in range(wanted - added)}
        made = [Device(product=batch.product, batch=batch, device_name=name) for name in names]
        added += len(_insert(made))
    return wanted, added


def _insert(wanted: list[Device]) -> set[str]:
    """Add them; returns the names that were free.

    A device may register under a name at this very moment, so the database decides.
    """
    Device.objects.bulk_create(wanted, ignore_conflicts=True)
    ours = Device.objects.filter(iot_id__in=[device.iot_id for device in wanted])
    return set(ours.values_list("device_name", flat=True))


def _move(batch: DeviceBatch, end: int, outcome: BatchState) -> None:
    """The present stage has come to `end`; after the last row the batch is in `outcome`."""
    batch.position, batch.moved_at = end, timezone.now()
    if end >= batch.total:
        batch.state = outcome
        if outcome == BatchState.CREATE_SUCCESS:
            _finish(batch)
    batch.save(update_fields=["position", "moved_at", "state", "bad", "added"])


def _finish(batch: DeviceBatch) -> None:
    if not batch.added:
        batch.state = BatchState.CREATE_FAILED
    # What the report shows of rows that were left out stays; the others are devices now.
    batch.parts.filter(bad=0).delete()
    summary = for_count(
        gettext_noop("Added %(count)s device as batch %(batch)s"),
        gettext_noop("Added %(count)s devices as batch %(batch)s"),
        batch.added,
    )
    audit.record(batch.actor, "batch.added", batch.target, summary, **_facts(batch))
    # One entry for all: a hundred thousand would bury what devices did.
    log_writer.write([_log_event(batch)], batch.moved_at)


def _log_event(batch: DeviceBatch) -> log_writer.Event:
    return log_writer.Event(
        service_type=ServiceType.MANAGEMENT,
        operation="add_batch",
        reason=Reason.OK,
        product_key=batch.product.product_key,
        address=batch.address,
        detail={"by": str(batch.actor), "batch": str(batch.pk), "count": str(batch.added)},
    )


def _fail(batch: DeviceBatch) -> None:
    batch.state, batch.moved_at = BatchState.CREATE_FAILED, timezone.now()
    batch.save(update_fields=["moved_at", "state", "bad", "added"])
    summary = gettext_noop("Gave up batch %(batch)s: a DeviceName was taken (all or nothing)")
    audit.record(batch.actor, "batch.failed", batch.target, summary, **_facts(batch))


def _facts(batch: DeviceBatch) -> Mapping[str, int]:
    return {"count": batch.added, "batch": batch.pk}


def part_payloads(rows: Sequence[Row]) -> Iterable[tuple[int, bytes, int]]:
    """Number, payload and count of bad rows of each part."""
    for number, start in enumerate(range(0, len(rows), PART_ROWS)):
        some = rows[start : start + PART_ROWS]
        yield number, pack(some), sum(1 for row in some if row.problems)
