"""Batch Add: a list is checked first, then added; generated names are added at once."""

import re

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.errors import ConflictError, NotFoundError, OperationError
from common.text.stored_messages import for_count
from devices.operations.broker_names import refuse_not_carried
from devices.operations.lookup import product_by_key
from imports.batches.reading import MOST_ROWS, Reading
from imports.models import CHECKED, BatchMethod, BatchPart, BatchState, DeviceBatch
from imports.operations.batch_runner import begin, finish_small
from imports.operations.batch_stages import locked_batch, part_payloads
from operators.actor import Actor
from operators.operations import audit
from products.models import Product

# So that at least eight characters of a generated name are random.
LONGEST_PREFIX = 12
_PREFIX = re.compile(r"[A-Za-z0-9\-_@.:]*")


def upload_batch(
    actor: Actor, product_key: str, reading: Reading, *, file_name: str = ""
) -> DeviceBatch:
    """Keep what was read and begin to check it against the product's devices."""
    with transaction.atomic():
        product = product_by_key(product_key)
        batch = _create(
            actor,
            product,
            method=BatchMethod.UPLOAD,
            file_name=file_name[-100:],
            columns=reading.columns,
            notes=[[note.key, dict(note.facts)] for note in reading.notes],
            total=len(reading.rows),
            bad=reading.bad,
        )
        _write_parts(batch, reading)
        summary = for_count(
            gettext_noop("Uploaded a list of %(count)s device to check, batch %(batch)s"),
            gettext_noop("Uploaded a list of %(count)s devices to check, batch %(batch)s"),
            batch.total,
        )
        _record(actor, "batch.upload", batch, summary)
        begin(actor, batch)
    return finish_small(batch)


def import_batch(actor: Actor, product_key: str, reading: Reading) -> DeviceBatch:
    """Begin to add devices with the DeviceSecrets they have; every row must be good."""
    if reading.bad or not reading.rows:
        raise OperationError(_("Some rows cannot be added, so none was added."))
    with transaction.atomic():
        product = product_by_key(product_key)
        batch = _create(
            actor,
            product,
            method=BatchMethod.IMPORT,
            state=BatchState.CREATE,
            total=len(reading.rows),
        )
        _write_parts(batch, reading)
        summary = for_count(
            gettext_noop("Started importing %(count)s device with its secret, batch %(batch)s"),
            gettext_noop("Started importing %(count)s devices with their secrets, batch %(batch)s"),
            batch.total,
        )
        _record(actor, "batch.add", batch, summary)
        begin(actor, batch)
    return finish_small(batch)


def generate_batch(
    actor: Actor, product_key: str, count: int, *, name_prefix: str = ""
) -> DeviceBatch:
    """Begin to add `count` devices with random DeviceNames that begin with `name_prefix`."""
    if not 1 <= count <= MOST_ROWS:
        raise OperationError(
            _("A batch has 1 to %(most)s devices.") % {"most": f"{MOST_ROWS:,}"}, field="count"
        )
    name_prefix = _check_prefix(name_prefix)
    with transaction.atomic():
        product = product_by_key(product_key)
        refuse_not_carried(product, name_prefix, "name_prefix")
        batch = _create(
            actor,
            product,
            method=BatchMethod.AUTO,
            state=BatchState.CREATE,
            prefix=name_prefix,
            total=count,
        )
        summary = for_count(
            gettext_noop("Started adding %(count)s device, batch %(batch)s"),
            gettext_noop("Started adding %(count)s devices, batch %(batch)s"),
            batch.total,
        )
        _record(actor, "batch.add", batch, summary)
        begin(actor, batch)
    return finish_small(batch)


def add_batch(actor: Actor, key: int, *, all_or_nothing: bool = False) -> DeviceBatch:
    """Begin to add the good rows of a checked list.

    With `all_or_nothing` a bad row refuses it, and one that turns out bad while adding takes
    back what was added.
    """
    with transaction.atomic():
        batch = _checked(key)
        if all_or_nothing and batch.bad:
            raise ConflictError(_("Some rows cannot be added, so none was added."))
        if batch.stopped:
            raise ConflictError(_("The check of this list was stopped. Upload it again."))
        if not batch.good:
            raise ConflictError(_("No row of this list can be added."))
        batch.state, batch.position = BatchState.CREATE, 0
        batch.all_or_nothing, batch.moved_at = all_or_nothing, timezone.now()
        batch.save(update_fields=["state", "position", "all_or_nothing", "moved_at"])
        summary = for_count(
            gettext_noop("Started adding %(good)s device of a list of %(count)s, batch %(batch)s"),
            gettext_noop("Started adding %(good)s devices of a list of %(count)s, batch %(batch)s"),
            batch.good,
        )
        _record(actor, "batch.add", batch, summary)
        begin(actor, batch)
    return finish_small(batch)


def discard_batch(actor: Actor, key: int) -> None:
    """Forget a list that was not added."""
    with transaction.atomic():
        batch = locked_batch(key, BatchState.CHECK, *CHECKED)
        if batch is None:
            raise ConflictError(_("This batch is being added or was already added."))
        summary = for_count(
            gettext_noop("Discarded a list of %(count)s device, batch %(batch)s"),
            gettext_noop("Discarded a list of %(count)s devices, batch %(batch)s"),
            batch.total,
        )
        _record(actor, "batch.discard", batch, summary)
        batch.delete()


def stop_batch(actor: Actor, key: int) -> DeviceBatch:
    """Add no more. What was added stays, and the rest can be added later."""
    with transaction.atomic():
        batch = locked_batch(key, BatchState.CREATE)
        if batch is None:
            raise ConflictError(_("This batch is not being added."))
        batch.state, batch.stopped = BatchState.CREATE_FAILED, True
        batch.save(update_fields=["state", "stopped"])
        _record(actor, "batch.stop", batch, gettext_noop("Stopped adding batch %(batch)s"))
    return batch


def resume_batch(actor: Actor, key: int) -> DeviceBatch:
    """Go on with a batch that was stopped, where it was."""
    with transaction.atomic():
        batch = locked_batch(key, BatchState.CREATE_FAILED)
        if batch is None or not batch.stopped:
            raise ConflictError(_("This batch is not stopped."))
        batch.state, batch.stopped, batch.moved_at = BatchState.CREATE, False, timezone.now()
        batch.save(update_fields=["state", "stopped", "moved_at"])
        _record(actor, "batch.resume", batch, gettext_noop("Resumed adding batch %(batch)s"))
        begin(actor, batch)
    return finish_small(batch)


def _create(actor: Actor, product: Product, **columns: object) -> DeviceBatch:
    return DeviceBatch.objects.create(
        product=product,
        operator=actor.operator,
        origin=actor.origin,
        address=actor.address,
        access_key=actor.access_key,
        moved_at=timezone.now(),
        **columns,
    )


def _write_parts(batch: DeviceBatch, reading: Reading) -> None:
    parts = part_payloads(reading.rows)
    BatchPart.objects.bulk_create(
        BatchPart(batch=batch, number=number, payload=payload, bad=bad)
        for number, payload, bad in parts
    )


def _checked(key: int) -> DeviceBatch:
    batch = locked_batch(key, *CHECKED)
    if batch is None:
        if not DeviceBatch.objects.filter(pk=key).exists():
            raise NotFoundError(_("This batch does not exist or was deleted."))
        raise ConflictError(_("This batch is being checked, is being added, or was already added."))
    return batch


def _check_prefix(prefix: str) -> str:
    prefix = prefix.strip()
    if len(prefix) > LONGEST_PREFIX or not _PREFIX.fullmatch(prefix):
        raise OperationError(
            _("A prefix has at most %(most)s characters: letters, digits and - _ @ . : only.")
            % {"most": LONGEST_PREFIX},
            field="name_prefix",
        )
    return prefix


def _record(actor: Actor, act: str, batch: DeviceBatch, summary: str) -> None:
    facts = {"count": batch.total, "good": batch.good, "batch": batch.pk}
    audit.record(actor, act, batch.target, summary, **facts)
