"""Acts on one device: Switch, Clear, Reset, Enable, Disable, Delete, allow registration."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from common.errors import ConflictError, NotFoundError
from devices.models import Device, RevocationReason, VoidReason
from devices.operations import actions
from devices.operations.add import check_nickname
from devices.operations.lookup import locked_device
from devices.operations.revoke import revoke
from operators.actor import Actor


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
        device.changed_at = now
        device.save(update_fields=["secret_blocked", "registration_refused", "changed_at"])
        revoke([device], RevocationReason.SWITCH, now, keep_client_id=client_id)
        facts = {device.pk: {"client_id": client_id, "count": voided}}
        actions.note(actor, [device], "switch", now, facts)
    return device


def clear(
    actor: Actor, product_key: str, device_name: str, *, refuse_registration: bool = False
) -> Device:
    """Void every ClientID; every physical device of the DeviceName is forbidden at once.

    With `refuse_registration` registration is blocked too. A block that was there stays.
    """
    with transaction.atomic():
        device = locked_device(product_key, device_name)
        actions.clear(actor, [device], timezone.now(), refuse_registration=refuse_registration)
    return device


def allow_registration(actor: Actor, product_key: str, device_name: str) -> Device:
    """Undo the refusal of new registrations that Switch or Clear left."""
    with transaction.atomic():
        device = locked_device(product_key, device_name)
        device.registration_refused = False
        device.changed_at = timezone.now()
        device.save(update_fields=["registration_refused", "changed_at"])
        actions.note(actor, [device], "allow_registration", device.changed_at)
    return device


def reset(actor: Actor, product_key: str, device_name: str) -> Device:
    """ResetThing: the device may register again and gets the same DeviceSecret.

    Activation, state and live sessions stay as they are (protocol.md 5.2).
    """
    with transaction.atomic():
        device = locked_device(product_key, device_name)
        actions.reset(actor, [device], timezone.now())
    return device


def set_enabled(actor: Actor, product_key: str, device_name: str, *, enabled: bool) -> Device:
    """Disable cuts the device off and keeps its data; Enable lets it connect again."""
    with transaction.atomic():
        device = locked_device(product_key, device_name)
        if not actions.set_enabled(actor, [device], timezone.now(), enabled=enabled):
            raise ConflictError(_(actions.ALREADY[enabled]))
    return device


def set_nickname(actor: Actor, product_key: str, device_name: str, nickname: str) -> str:
    """Give the device another alias, or none; returns the one it had."""
    nickname = check_nickname(nickname)
    with transaction.atomic():
        device = locked_device(product_key, device_name)
        old = device.nickname
        actions.set_nicknames(actor, [(device, nickname)], timezone.now())
    return old


def delete_device(actor: Actor, product_key: str, device_name: str) -> Device:
    """Delete the device: its DeviceSecret and ClientIDs are dead at once.

    Returns it as it was. A block on registration under its DeviceName goes with it.
    """
    with transaction.atomic():
        device = locked_device(product_key, device_name)
        actions.delete(actor, [device], timezone.now())
    return device
