"""What an operator does to one device: Switch, Clear, Reset, Enable, Disable, Delete, allow."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from devices.models import Device, RevocationReason, VoidReason
from devices.operations import log
from devices.operations.lookup import locked_device
from devices.operations.revoke import revoke
from iotconsole.kit.errors import ConflictError, NotFoundError
from operators.actor import Actor
from operators.operations import audit


def switch(actor: Actor, product_key: str, device_name: str, client_id: str) -> Device:
    """Keep one ClientID; every other physical device of the DeviceName is forbidden at once.

    Further registration under the name is refused until `allow_registration`. Raises
    NotFoundError when `client_id` is not a live ClientID of this device.
    """
    with transaction.atomic():
        now = timezone.now()
        device = locked_device(product_key, device_name)
        live = device.bindings.filter(voided_at__isnull=True)
        if not live.filter(client_id=client_id).exists():
            raise NotFoundError(
                _("This ClientID is not in use under this device."), field="client_id"
            )
        voided = live.exclude(client_id=client_id).update(
            voided_at=now, void_reason=VoidReason.SWITCHED
        )
        device.secret_blocked = device.registration_refused = True
        device.save(update_fields=["secret_blocked", "registration_refused"])
        revoke(device, RevocationReason.SWITCH, now, keep_client_id=client_id)
        _note(actor, device, "switch", f"Kept ClientID {client_id}, voided {voided} other(s)", now)
    return device


def clear(
    actor: Actor, product_key: str, device_name: str, *, refuse_registration: bool = False
) -> Device:
    """Void every ClientID; every physical device of the DeviceName is forbidden at once."""
    with transaction.atomic():
        now = timezone.now()
        device = locked_device(product_key, device_name)
        voided = device.bindings.filter(voided_at__isnull=True).update(
            voided_at=now, void_reason=VoidReason.CLEARED
        )
        device.secret_blocked = True
        device.registration_refused = refuse_registration
        device.save(update_fields=["secret_blocked", "registration_refused"])
        revoke(device, RevocationReason.CLEAR, now)
        _note(actor, device, "clear", f"Voided {voided} ClientID(s)", now)
    return device


def allow_registration(actor: Actor, product_key: str, device_name: str) -> Device:
    """Undo the refusal of new registrations that Switch or Clear left."""
    with transaction.atomic():
        device = locked_device(product_key, device_name)
        device.registration_refused = False
        device.save(update_fields=["registration_refused"])
        _note(actor, device, "allow_registration", "Allowed registration again", timezone.now())
    return device


def reset(actor: Actor, product_key: str, device_name: str) -> Device:
    """ResetThing: the device may register again and gets the same DeviceSecret.

    Activation, state and live sessions stay as they are (protocol.md 5.2).
    """
    with transaction.atomic():
        device = locked_device(product_key, device_name)
        device.claimed_at = device.registered_at = None
        device.secret_blocked = False
        device.save(update_fields=["claimed_at", "registered_at", "secret_blocked"])
        _note(actor, device, "reset", "Reset: may register again", timezone.now())
    return device


def set_enabled(actor: Actor, product_key: str, device_name: str, *, enabled: bool) -> Device:
    """Disable cuts the device off and keeps its data; Enable lets it connect again."""
    with transaction.atomic():
        now = timezone.now()
        device = locked_device(product_key, device_name)
        if device.enabled == enabled:
            raise ConflictError(
                _("The device is enabled already.")
                if enabled
                else _("The device is disabled already.")
            )
        device.enabled = enabled
        device.save(update_fields=["enabled"])
        if not enabled:
            revoke(device, RevocationReason.DISABLE, now)
        act, summary = ("enable", "Enabled") if enabled else ("disable", "Disabled")
        _note(actor, device, act, summary, now)
    return device


def delete_device(actor: Actor, product_key: str, device_name: str) -> None:
    """Delete the device: its DeviceSecret and ClientIDs are dead at once."""
    with transaction.atomic():
        now = timezone.now()
        device = locked_device(product_key, device_name)
        revoke(device, RevocationReason.DELETE, now)
        _note(actor, device, "delete", "Deleted", now)
        device.delete()


def _note(actor: Actor, device: Device, act: str, summary: str, now: datetime) -> None:
    """Tell both trails: the audit (who did it) and the log of the device (what happened to it)."""
    audit.record(actor, f"device.{act}", device.target, summary)
    log.write([log.management_event(device, act, actor)], now)
