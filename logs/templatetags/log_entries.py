"""How a log entry is told."""

from django import template
from django.urls import reverse
from django.utils.http import urlencode

from logs import presentation
from logs.models import LogEntry
from logs.operation_names import operation_name
from logs.presentation import Told
from logs.queries import reason_of
from logs.reasons import ReasonFacts
from protocol.validators import is_device_name, is_product_key

register = template.Library()


@register.filter
def reason(entry: LogEntry) -> ReasonFacts:
    return reason_of(entry.reason)


@register.filter
def told(entry: LogEntry) -> Told:
    return presentation.told(entry)


@register.filter
def operation(entry: LogEntry) -> str:
    return operation_name(entry.operation)


@register.filter
def story_url(entry: LogEntry) -> str:
    """The page of everything under the entry's trace id, or the log filtered by an odd one."""
    if entry.trace_id.isalnum():
        return reverse("logs:story", args=[entry.trace_id])
    return f"{reverse('logs:list')}?{urlencode({'trace': entry.trace_id})}"


@register.filter
def device_url(entry: LogEntry) -> str:
    """Device Details, or empty when the names could not be any device's."""
    if not (is_product_key(entry.product_key) and is_device_name(entry.device_name)):
        return ""
    return reverse("devices:details", args=[entry.product_key, entry.device_name])


@register.filter
def result_kind(entry: LogEntry) -> str:
    """Return the colour of the result's dot: an end of a connection is no refusal."""
    if entry.succeeded:
        return "ok"
    return "look" if entry.operation == "offline" else "refused"
