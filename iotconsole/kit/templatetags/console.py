"""The small parts every page is made of."""

from datetime import UTC, datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

_STEPS = ((60, "s", 1), (3600, "min", 60), (86_400, "h", 3600), (86_400 * 60, "d", 86_400))


def in_words(seconds: float) -> str:
    """An age as people say it: now, 12 min ago, 3 d ago."""
    if seconds < 5:
        return "now"
    for limit, unit, size in _STEPS:
        if seconds < limit:
            return f"{int(seconds // size)} {unit} ago"
    return ""


@register.simple_tag
def since(moment: datetime | None, nothing: str = "never") -> str | SafeString:
    """How long ago, with the exact UTC time on hover."""
    if moment is None:
        return nothing
    words = in_words((timezone.now() - moment).total_seconds())
    return _time(moment, words or _utc(moment)[:10])


@register.simple_tag
def moment(value: datetime | None, nothing: str = "—") -> str | SafeString:
    """The time of day for a table: UTC from the server, turned to the reader's zone by time.js."""
    if value is None:
        return nothing
    stamp = value.astimezone(UTC)
    return format_html(
        '<time class="moment" datetime="{}" title="{} UTC" data-local>{}</time>',
        stamp.isoformat(timespec="seconds"),
        _utc(value),
        _utc(value),
    )


def _time(value: datetime, words: str) -> SafeString:
    stamp = value.astimezone(UTC).isoformat(timespec="seconds")
    return format_html('<time datetime="{}" title="{} UTC">{}</time>', stamp, _utc(value), words)


def _utc(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


@register.filter
def short(identifier: str) -> str:
    """A long identifier's two ends, for a table."""
    return identifier if len(identifier) <= 14 else f"{identifier[:6]}…{identifier[-6:]}"


@register.inclusion_tag("kit/chip.html")
def chip(value: str, label: str, *, bare: bool = False) -> dict[str, object]:
    """An identifier in monospace with a copy button; `bare` where its name stands already."""
    return {"value": value, "label": label, "bare": bare}


@register.inclusion_tag("kit/field.html")
def field(bound: object) -> dict[str, object]:
    """One form control with its label, help and errors."""
    return {"field": bound}


@register.simple_tag
def state(key: str, word: str) -> SafeString:
    """A state: always a word, with a dot in its colour."""
    return format_html('<span class="state state-{}">{}</span>', key, word)


@register.filter
def capped(count: int, most: int) -> str:
    """A count that stops at `most`: 10,000+."""
    return f"{count:,}+" if count >= most else f"{count:,}"
