"""Exports of a batch for a production line: credentials, connection parameters, labels."""

from collections.abc import Iterator
from typing import Literal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.errors import NotFoundError
from devices.models import Device
from devices.operations.reveal import connection_parameters
from imports.models import DeviceBatch
from operators.actor import Actor
from operators.operations import audit

What = Literal["credentials", "parameters", "labels"]

# What the trail says was taken.
_SUMMARIES = {
    "credentials": gettext_noop("Exported the credentials of batch %(batch)s (devices: %(count)s)"),
    "parameters": gettext_noop(
        "Exported the MQTT connection parameters of batch %(batch)s (devices: %(count)s)"
    ),
    "labels": gettext_noop(
        "Printed labels with the DeviceSecrets of batch %(batch)s (devices: %(count)s)"
    ),
}
_AT_ONCE = 500

CREDENTIALS = ("ProductKey", "DeviceName", "DeviceSecret", "IotId")
# Under the platform's names (console_api.md 1.8).
PARAMETERS = ("DeviceName", "clientId", "username", "passwd", "mqttHostUrl", "port")


def note_export(actor: Actor, key: int, what: What, count: int | None = None) -> DeviceBatch:
    """Record who takes the secrets of how many devices, before anybody gets them.

    `count` is that of all devices of the batch unless given; raises NotFoundError.
    """
    with transaction.atomic():
        batch = DeviceBatch.objects.select_related("product").filter(pk=key).first()
        if batch is None:
            raise NotFoundError(_("This batch does not exist or was deleted."))
        facts = {"count": batch.devices.count() if count is None else count, "batch": batch.pk}
        audit.record(actor, f"batch.{what}", batch.target, _SUMMARIES[what], **facts)
    return batch


def export_credentials(actor: Actor, key: int) -> Iterator[tuple[str, ...]]:
    """A header, then one line per device; the export is audited before this returns."""
    batch = note_export(actor, key, "credentials")
    return _credentials(batch)


def _credentials(batch: DeviceBatch) -> Iterator[tuple[str, ...]]:
    yield CREDENTIALS
    product_key = batch.product.product_key
    for device in devices_of(batch):
        yield product_key, device.device_name, device.device_secret, device.iot_id


def export_parameters(actor: Actor, key: int) -> Iterator[tuple[str, ...]]:
    """Ready-made parameters for any MQTT client, one line per device; audited before."""
    batch = note_export(actor, key, "parameters")
    return _parameters(batch)


def _parameters(batch: DeviceBatch) -> Iterator[tuple[str, ...]]:
    yield PARAMETERS
    for device in devices_of(batch):
        device.product = batch.product
        ready = connection_parameters(device)
        shown = (ready.client_id, ready.username, ready.password, ready.host, str(ready.port))
        yield device.device_name, *shown


def devices_of(batch: DeviceBatch, after: int = 0) -> Iterator[Device]:
    """In the order of the list, read as they are wanted; of those added after the key `after`."""
    while True:
        found = list(batch.devices.filter(pk__gt=after).order_by("pk")[:_AT_ONCE])
        yield from found
        if len(found) < _AT_ONCE:
            return
        after = found[-1].pk
