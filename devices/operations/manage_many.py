"""Acts on many devices together: Enable, Disable, Reset, Clear, Delete, rename.

The rules, revocations and both trails are those of devices.operations.manage; what cannot be done
to one of them is skipped and told. At most MOST devices per call, in one transaction.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.errors import NotFoundError
from devices.device_state import with_product
from devices.models import Device
from devices.operations import actions
from devices.operations.add import check_nickname
from operators.actor import Actor

MOST = 500

GONE = gettext_noop("The device no longer exists.")


@dataclass(frozen=True, slots=True)
class Skipped:
    """A device left as it was. `reason` is an English msgid; a deleted one's name is empty."""

    device_id: int
    device_name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    changed: list[Device] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def set_enabled(actor: Actor, device_ids: Collection[int], *, enabled: bool) -> Outcome:
    """Those that are enabled (or disabled) already are skipped."""
    with transaction.atomic():
        devices, gone = _locked(device_ids)
        changed = actions.set_enabled(actor, devices, timezone.now(), enabled=enabled)
    done = {device.pk for device in changed}
    same = [
        Skipped(device.pk, device.device_name, actions.ALREADY[enabled])
        for device in devices
        if device.pk not in done
    ]
    return Outcome(changed, [*same, *gone])


def reset(actor: Actor, device_ids: Collection[int]) -> Outcome:
    return _all(device_ids, lambda devices: actions.reset(actor, devices, timezone.now()))


def clear(
    actor: Actor, device_ids: Collection[int], *, refuse_registration: bool = False
) -> Outcome:
    return _all(
        device_ids,
        lambda devices: actions.clear(
            actor, devices, timezone.now(), refuse_registration=refuse_registration
        ),
    )


def delete(actor: Actor, device_ids: Collection[int]) -> Outcome:
    return _all(device_ids, lambda devices: actions.delete(actor, devices, timezone.now()))


def set_nicknames(actor: Actor, nicknames: Mapping[int, str]) -> None:
    """By the devices' keys: all of them or, raising OperationError, none."""
    checked = {key: check_nickname(nickname) for key, nickname in nicknames.items()}
    with transaction.atomic():
        devices, gone = _locked(checked)
        if gone:
            raise NotFoundError(_(GONE), field="device_name")
        wanted = [(device, checked[device.pk]) for device in devices]
        actions.set_nicknames(actor, wanted, timezone.now())


def _all(device_ids: Collection[int], act: Callable[[list[Device]], None]) -> Outcome:
    """For an act that is possible whatever state a device is in."""
    with transaction.atomic():
        devices, gone = _locked(device_ids)
        act(devices)
    return Outcome(devices, gone)


def _locked(device_ids: Collection[int]) -> tuple[list[Device], list[Skipped]]:
    """The devices, locked in the order that registrations lock them in, and who is missing."""
    if len(device_ids) > MOST:
        raise ValueError(f"at most {MOST} devices at a time")
    found = Device.objects.select_for_update(of=("self",)).filter(pk__in=device_ids)
    devices = list(with_product(found).order_by("pk"))
    missing = set(device_ids) - {device.pk for device in devices}
    return devices, [Skipped(key, "", GONE) for key in sorted(missing)]
