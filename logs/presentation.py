"""A log entry as the Log Service tells it: the reason, what explains it, what was sent."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from logs.models import LogEntry, ServiceType
from logs.protocol_errors import problem_words
from logs.queries import reason_of
from logs.reasons import ReasonFacts
from logs.refusal_hints import hints_of
from operators.actor_labels import shown_name

# Of `LogEntry.detail`: what the device sent, in this order, under the names on the wire.
_SENT = (
    *("clientId", "username", "password", "keepalive"),
    *("productKey", "deviceName", "random", "signMethod", "sign", "otherFields"),
    *("method", "contentType"),
)
# Of these only the beginning is kept, and how long they are.
_MASKED = {"password": "passwordLength", "sign": "signLength"}
# What is told in another place.
_APART = {*_SENT, *_MASKED.values(), "content", "hints", "nearest"}
_NAMES: dict[str, str | Promise] = {
    "mode": gettext_lazy("Mode"),
    "transport": gettext_lazy("Transport"),
    "sdk": "SDK",
    "problem": gettext_lazy("Problem"),
    "by": gettext_lazy("By"),
    "voided": gettext_lazy("Blocked ClientID"),
    "topic": "Topic",
}
# Kept in English.
_IN_WORDS: Mapping[str, Callable[[str], str]] = {"problem": problem_words, "by": shown_name}

Facts = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Told:
    """`sent`, `facts`: names with values. `content` is the string to sign, with `key` and `method`;
    all of them may be empty."""

    reason: ReasonFacts
    hints: list[str]
    sent: Facts
    content: str
    key: str
    method: str
    facts: Facts


def told(entry: LogEntry) -> Told:
    detail: Mapping[str, str] = entry.detail
    registration = entry.service_type == ServiceType.REGISTRATION
    return Told(
        reason=reason_of(entry.reason),
        hints=hints_of(detail),
        sent=list(_sent(detail)),
        content=detail.get("content", ""),
        key="ProductSecret" if registration else "DeviceSecret",
        method=detail.get("signmethod", ""),
        facts=list(_facts(detail)),
    )


def _sent(detail: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in _SENT:
        if name not in detail:
            continue
        value = detail[name]
        if name in _MASKED:
            length = detail.get(_MASKED[name], "")
            value = _("%(start)s (%(length)s bytes)") % {"start": value, "length": length}
        yield name, value


def _facts(detail: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in detail.items():
        if name not in _APART:
            shown = _IN_WORDS.get(name, str)(value)
            yield str(_NAMES.get(name, name)), shown
