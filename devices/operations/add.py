"""Pre-register one device."""

import re

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from devices.credentials import new_device_name
from devices.models import Device
from devices.operations import log
from devices.operations.lookup import product_by_key
from devices.protocol.params import is_device_name
from iotconsole.kit.errors import ConflictError, OperationError
from operators.actor import Actor
from operators.operations import audit
from products.operations.manage import wide_length

_NICKNAME = re.compile(r"[\w\- ]+", re.UNICODE)


def add_device(
    actor: Actor, product_key: str, device_name: str = "", *, nickname: str = ""
) -> Device:
    """Create the device and its DeviceSecret; state Inactive. A blank name gets a generated one."""
    device_name = check_device_name(device_name) if device_name else new_device_name()
    nickname = check_nickname(nickname)
    try:
        with transaction.atomic():
            product = product_by_key(product_key)
            device = Device.objects.create(
                product=product, device_name=device_name, nickname=nickname
            )
            summary = gettext_noop("Added device %(name)s")
            audit.record(actor, "device.add", device.target, summary, name=device_name)
            log.write([log.management_event(device, "add", actor)], timezone.now())
    except IntegrityError as error:
        raise ConflictError(
            _("This product has a device named %(name)s already.") % {"name": device_name},
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


def check_nickname(nickname: str) -> str:
    """The alias without surrounding space; empty is allowed (console_api.md 1.6)."""
    nickname = nickname.strip()
    if not nickname:
        return ""
    if not is_nickname(nickname):
        raise OperationError(
            _(
                "An alias has 4 to 64 characters: letters, digits, space, - and _; "
                "a Chinese or Japanese one counts as two."
            ),
            field="nickname",
        )
    return nickname


def is_nickname(text: str) -> bool:
    """Whether an alias that is not empty keeps the platform's rule (console_api.md 1.6)."""
    return 4 <= wide_length(text) <= 64 and _NICKNAME.fullmatch(text) is not None
