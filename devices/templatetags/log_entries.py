"""How a log entry is told."""

import re

from django import template
from django.urls import reverse

from devices.logs import reason_of
from devices.models import LogEntry
from devices.protocol.params import DEVICE_NAME_PATTERN
from devices.reasons import Reason

register = template.Library()

_PRODUCT_KEY = re.compile(r"[A-Za-z0-9]{1,20}")
_DEVICE_NAME = re.compile(DEVICE_NAME_PATTERN)


@register.filter
def reason(entry: LogEntry) -> Reason:
    return reason_of(entry.reason)


@register.filter
def device_url(entry: LogEntry) -> str:
    """Device Details, or empty when the names could not be any device's."""
    names = entry.product_key, entry.device_name
    if not (_PRODUCT_KEY.fullmatch(names[0]) and _DEVICE_NAME.fullmatch(names[1])):
        return ""
    return reverse("devices:details", args=names)


@register.filter
def result_kind(entry: LogEntry) -> str:
    """What colour the result's dot has: an end of a connection is no refusal."""
    if entry.succeeded:
        return "ok"
    return "look" if entry.operation == "offline" else "refused"
