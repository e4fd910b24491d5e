"""Blocks that Switch and Clear set on a device, and what each act says about them.

`registration_refused` blocks registration under the DeviceName; only *Allow registration again*
lifts it. `secret_blocked` blocks its DeviceSecret; only Reset lifts it. Delete removes both with
the device. An act that keeps, lifts or removes a block says so in its dialog.
"""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from devices.models import Device
from products.registration_window import window_state


def after_clear(device: Device) -> list[str]:
    """Say what stays possible under the DeviceName once it is cleared."""
    if device.registration_refused:
        sentence = _(
            "Registration under this DeviceName stays blocked: no physical device can register "
            "until you allow it on Device Details."
        )
    elif window_state(device.product).open:
        sentence = _(
            "Dynamic Registration is on: physical devices that it admits can register again under "
            "this DeviceName afterwards, clones too."
        )
    else:
        sentence = _(
            "Dynamic Registration is off: no physical device can register again until it is "
            "turned on."
        )
    if not device.preregistered:
        return [sentence]
    return [sentence, _("The DeviceSecret is blocked until you reset the device.")]


def after_reset(device: Device) -> list[str]:
    sentences = []
    if device.registration_refused:
        sentences.append(
            _(
                "Registration under this DeviceName stays blocked. Once you allow it on Device "
                "Details, the device can register once more and gets the same DeviceSecret."
            )
        )
    else:
        sentences.append(
            _(
                "The device can register once more and gets the same DeviceSecret. Use this when "
                "a device has lost it."
            )
        )
    if device.secret_blocked:
        sentences.append(
            _(
                "Reset lifts the block on the DeviceSecret: every physical device that has it can "
                "connect again, clones too."
            )
        )
    return sentences


def after_enable(device: Device) -> list[str]:
    blocked = device.registration_refused or device.secret_blocked
    return [_("What Switch or Clear has blocked stays blocked.")] if blocked else []


def after_delete(device: Device) -> list[str]:
    if not device.registration_refused:
        return []
    return [
        _(
            "Deleting the device also removes the block on registration under its DeviceName: "
            "while Dynamic Registration is on, any physical device can register under it again, "
            "clones too."
        )
    ]


# The acts on many that have something to say about blocks.
SAYING = {"clear", "reset", "enable", "delete"}


@dataclass(frozen=True, slots=True)
class Blocked:
    """How many of some devices are blocked from registering, and from connecting by their
    DeviceSecret. None where that was not counted."""

    registering: int | None = None
    connecting: int | None = None


def blocked_among(keys: Collection[int]) -> Blocked:
    counted = Device.objects.filter(pk__in=keys).aggregate(
        registering=Count("pk", filter=Q(registration_refused=True)),
        connecting=Count("pk", filter=Q(secret_blocked=True)),
    )
    return Blocked(**counted)


def after_act_on_many(act: str, blocked: Blocked) -> list[str]:
    """Say what an act does to the blocks of many devices, beside its own sentences."""
    if act == "clear":
        return _kept(blocked)
    if act == "reset":
        return _kept(blocked) + _secrets_unblocked(blocked)
    if act == "enable" and (blocked.registering != 0 or blocked.connecting != 0):
        return [_("What Switch or Clear has blocked stays blocked.")]
    return _removed(blocked) if act == "delete" else []


def _kept(blocked: Blocked) -> list[str]:
    if blocked.registering is None:
        return [_("Where registration under a DeviceName is blocked, it stays blocked.")]
    if not blocked.registering:
        return []
    sentence = ngettext(
        "Registration stays blocked under %(count)s of these DeviceNames.",
        "Registration stays blocked under %(count)s of these DeviceNames.",
        blocked.registering,
    )
    return [sentence % {"count": blocked.registering}]


def _secrets_unblocked(blocked: Blocked) -> list[str]:
    if blocked.connecting is None:
        return [
            _(
                "Where a DeviceSecret is blocked, Reset lifts the block: every physical device "
                "that has it can connect again, clones too."
            )
        ]
    if not blocked.connecting:
        return []
    sentence = ngettext(
        "Reset lifts the block on %(count)s DeviceSecret: every physical device that has it can "
        "connect again, clones too.",
        "Reset lifts the block on %(count)s DeviceSecrets: every physical device that has one of "
        "them can connect again, clones too.",
        blocked.connecting,
    )
    return [sentence % {"count": blocked.connecting}]


def _removed(blocked: Blocked) -> list[str]:
    if blocked.registering is None:
        return [
            _(
                "Where registration under a DeviceName is blocked, deleting the device removes "
                "the block: while Dynamic Registration is on, any physical device can register "
                "under it again, clones too."
            )
        ]
    if not blocked.registering:
        return []
    sentence = ngettext(
        "Deleting them also removes the block on registration under %(count)s DeviceName: while "
        "Dynamic Registration is on, any physical device can register under it again, clones too.",
        "Deleting them also removes the block on registration under %(count)s DeviceNames: while "
        "Dynamic Registration is on, any physical device can register under them again, clones "
        "too.",
        blocked.registering,
    )
    return [sentence % {"count": blocked.registering}]
