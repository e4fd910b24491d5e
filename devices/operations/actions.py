"""Acts on devices that the caller's transaction holds: one device or hundreds.

Few statements whatever their number. Each act tells both trails, and asks listeners to close
sessions where it forbids them.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext_noop

from common.text.stored_messages import for_count
from devices.models import ClientBinding, Device, RevocationReason, VoidReason
from devices.operations.management_log import management_event
from devices.operations.revoke import revoke
from logs.operations import log_writer
from operators.actor import Actor
from operators.operations import audit

# What the audit trail says of each act.
SUMMARIES = {
    "allow_registration": gettext_noop("Allowed registration again"),
    "reset": gettext_noop("Reset the device: it can register again"),
    "enable": gettext_noop("Enabled the device"),
    "disable": gettext_noop("Disabled the device"),
    "delete": gettext_noop("Deleted the device"),
    "alias": gettext_noop("Changed the alias from “%(old)s” to “%(new)s”"),
}
# The same of the acts that count what they block.
_COUNTED = {
    "switch": (
        gettext_noop("Kept ClientID %(client_id)s, blocked %(count)s other"),
        gettext_noop("Kept ClientID %(client_id)s, blocked %(count)s others"),
    ),
    "clear": (
        gettext_noop("Blocked %(count)s ClientID"),
        gettext_noop("Blocked %(count)s ClientIDs"),
    ),
}
ALREADY = {
    True: gettext_noop("The device is already enabled."),
    False: gettext_noop("The device is already disabled."),
}


def set_enabled(
    actor: Actor, devices: Collection[Device], now: datetime, *, enabled: bool
) -> list[Device]:
    """Returns the devices this changed: those that were not so already."""
    changed = [device for device in devices if device.enabled != enabled]
    _update(changed, now, enabled=enabled)
    if not enabled:
        revoke(changed, RevocationReason.DISABLE, now)
    note(actor, changed, "enable" if enabled else "disable", now)
    return changed


def reset(actor: Actor, devices: Collection[Device], now: datetime) -> None:
    _update(devices, now, claimed_at=None, registered_at=None, secret_blocked=False)
    note(actor, devices, "reset", now)


def clear(
    actor: Actor, devices: Collection[Device], now: datetime, *, refuse_registration: bool
) -> None:
    """Never lifts a block on registration: without `refuse_registration` it stays as it is."""
    live = ClientBinding.objects.filter(device__in=devices, voided_at__isnull=True)
    voided = dict(live.values_list("device").annotate(Count("pk")))
    live.update(voided_at=now, void_reason=VoidReason.CLEARED)
    block = {"registration_refused": True} if refuse_registration else {}
    _update(devices, now, secret_blocked=True, **block)
    revoke(devices, RevocationReason.CLEAR, now)
    counts = {device.pk: {"count": voided.get(device.pk, 0)} for device in devices}
    note(actor, devices, "clear", now, counts)


def set_nicknames(
    actor: Actor, wanted: Sequence[tuple[Device, str]], now: datetime
) -> list[Device]:
    """Returns the devices this changed: those that had another alias."""
    changed: list[Device] = []
    facts: dict[int, Mapping[str, object]] = {}
    for device, nickname in wanted:
        if device.nickname != nickname:
            facts[device.pk] = {"old": device.nickname, "new": nickname}
            _update([device], now, nickname=nickname)
            changed.append(device)
    if changed:
        note(actor, changed, "alias", now, facts)
    return changed


def delete(actor: Actor, devices: Collection[Device], now: datetime) -> None:
    revoke(devices, RevocationReason.DELETE, now)
    note(actor, devices, "delete", now)
    Device.objects.filter(pk__in=_keys(devices)).delete()


def note(
    actor: Actor,
    devices: Collection[Device],
    act: str,
    now: datetime,
    facts: Mapping[int, Mapping[str, object]] | None = None,
) -> None:
    """Tell both trails: the audit (who did it) and the log of the device (what happened to it).

    `facts` are those the act's summary names, by the device's key.
    """
    told = facts or {}
    audit.record_many(
        actor,
        [_audited(act, device, told.get(device.pk, {})) for device in devices],
    )
    log_writer.write([management_event(device, act, actor) for device in devices], now)


def _audited(act: str, device: Device, facts: Mapping[str, Any]) -> audit.Act:
    counted = _COUNTED.get(act)
    summary = for_count(*counted, facts["count"]) if counted else SUMMARIES[act]
    return audit.Act(f"device.{act}", device.target, summary, facts)


def _update(devices: Collection[Device], now: datetime, **columns: object) -> None:
    columns |= {"changed_at": now}
    Device.objects.filter(pk__in=_keys(devices)).update(**columns)
    for device in devices:
        for name, value in columns.items():
            setattr(device, name, value)


def _keys(devices: Collection[Device]) -> Sequence[int]:
    return [device.pk for device in devices]
