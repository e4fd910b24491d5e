"""Pre-register one device."""

import re

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.errors import ConflictError, OperationError
from devices.credentials import new_device_name
from devices.models import Device
from devices.operations.broker_names import refuse_not_carried
from devices.operations.lookup import product_by_key
from devices.operations.management_log import management_event
from logs.operations import log_writer
from operators.actor import Actor
from operators.operations import audit
from products.operations.manage import wide_length
from protocol.validators import is_device_name

_NICKNAME = re.compile(r"[\w\- ]+", re.UNICODE)
_DEVICE_SECRET = re.compile(r"[A-Za-z0-9\-_@.:]{1,32}")
_SN = re.compile(r"[A-Za-z0-9_]{1,64}")


def add_device(
    actor: Actor, product_key: str, device_name: str = "", *, nickname: str = ""
) -> Device:
    """Create the device and its DeviceSecret; state Inactive. A blank name gets a generated one."""
    device = Device(
        device_name=check_device_name(device_name) if device_name else new_device_name(),
        nickname=check_nickname(nickname),
    )
    return _add(actor, product_key, device, gettext_noop("Added device %(name)s"))


def import_device(
    actor: Actor,
    product_key: str,
    device_name: str,
    device_secret: str,
    *,
    nickname: str = "",
    sn: str = "",
) -> Device:
    """Create a device that has its DeviceSecret already; how hard to guess it is, is its maker's
    affair."""
    device = Device(
        device_name=check_device_name(device_name),
        device_secret=_check_device_secret(device_secret),
        nickname=check_nickname(nickname, shortest=1),
        sn=_check_sn(sn),
    )
    summary = gettext_noop("Imported device %(name)s with its existing DeviceSecret")
    return _add(actor, product_key, device, summary)


def _add(actor: Actor, product_key: str, device: Device, summary: str) -> Device:
    device_name = device.device_name
    try:
        with transaction.atomic():
            device.product = product_by_key(product_key)
            refuse_not_carried(device.product, device_name, "device_name")
            device.save(force_insert=True)
            audit.record(actor, "device.add", device.target, summary, name=device_name)
            log_writer.write([management_event(device, "add", actor)], timezone.now())
    except IntegrityError as error:
        raise ConflictError(
            _("This product already has a device named %(name)s.") % {"name": device_name},
            field="device_name",
        ) from error
    return device


def check_device_name(device_name: str) -> str:
    """The name without surrounding space; raises OperationError (protocol.md 5.1)."""
    device_name = device_name.strip()
    if not is_device_name(device_name):
        raise OperationError(
            _("A DeviceName has 4 to 32 characters: letters, digits and - _ @ . : only."),
            field="device_name",
        )
    return device_name


def check_nickname(nickname: str, *, shortest: int = 4) -> str:
    """The alias without surrounding space; empty is allowed (console_api.md 1.6).

    Imported ones may have a single character, as on the platform.
    """
    nickname = nickname.strip()
    if not nickname:
        return ""
    if not is_nickname(nickname, shortest):
        raise OperationError(
            _(
                "An alias has 4 to 64 characters: letters, digits, space, - and _; "
                "a Chinese or Japanese one counts as two."
            ),
            field="nickname",
        )
    return nickname


def _check_device_secret(device_secret: str) -> str:
    if not is_device_secret(device_secret):
        raise OperationError(
            _("A DeviceSecret has 1 to 32 characters: letters, digits and - _ @ . : only."),
            field="device_secret",
        )
    return device_secret


def _check_sn(sn: str) -> str:
    if sn and not is_sn(sn):
        raise OperationError(
            _("An SN has at most 64 characters: letters, digits and _ only."), field="sn"
        )
    return sn


def is_device_secret(text: str) -> bool:
    """Check an imported DeviceSecret by the rule of the platform's ImportDevice."""
    return _DEVICE_SECRET.fullmatch(text) is not None


def is_sn(text: str) -> bool:
    """Check a serial number by the rule of the same action."""
    return _SN.fullmatch(text) is not None


def is_nickname(text: str, shortest: int = 4) -> bool:
    """Whether an alias that is not empty keeps the platform's rule (console_api.md 1.6)."""
    return shortest <= wide_length(text) <= 64 and _NICKNAME.fullmatch(text) is not None
