"""The small parts every page is made of."""

import json
from datetime import UTC, datetime
from typing import Any

import segno
from django import template
from django.contrib.messages.storage.base import Message
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

register = template.Library()

# Up to how many seconds, the words, and how many seconds are one of them.
_STEPS = (
    (60, gettext_noop("%(count)s s ago"), 1),
    (3600, gettext_noop("%(count)s min ago"), 60),
    (86_400, gettext_noop("%(count)s h ago"), 3600),
    (86_400 * 60, gettext_noop("%(count)s d ago"), 86_400),
)


def in_words(seconds: float) -> str:
    """An age as people say it: now, 12 min ago, 3 d ago."""
    if seconds < 5:
        return _("now")
    for limit, words, size in _STEPS:
        if seconds < limit:
            return _(words) % {"count": int(seconds // size)}
    return ""


@register.simple_tag
def since(moment: datetime | None, nothing: str | None = None) -> str | SafeString:
    """How long ago, with the exact UTC time on hover; `nothing`, or "never", when it never was."""
    if moment is None:
        return _("never") if nothing is None else nothing
    words = in_words((timezone.now() - moment).total_seconds())
    return _time(moment, words or f"{timezone.localtime(moment):%Y-%m-%d}")


@register.simple_tag
def moment(value: datetime | None, nothing: str = "—") -> str | SafeString:
    """The time of day for a table, in the operator's zone, with the exact UTC time on hover."""
    if value is None:
        return nothing
    return _time(value, f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}", "moment")


def _time(value: datetime, words: str, kind: str = "ago") -> SafeString:
    utc = value.astimezone(UTC)
    return format_html(
        '<time class="{}" datetime="{}" title="{} UTC">{}</time>',
        kind,
        utc.isoformat(timespec="seconds"),
        f"{utc:%Y-%m-%d %H:%M:%S}",
        words,
    )


_DIALOG = SafeString('hx-target="#dialog-body" hx-swap="outerHTML"')


@register.simple_tag
def dialog_link(*url: object) -> SafeString:
    """Attributes of a link whose page opens as the dialog; the parts of the URL are joined."""
    address = _joined(url)
    return format_html('href="{}" hx-get="{}" {}', address, address, _DIALOG)


@register.simple_tag
def dialog_get(*url: object) -> SafeString:
    """The same for a form or button, or where the `href` is another one."""
    return format_html('hx-get="{}" {}', _joined(url), _DIALOG)


@register.simple_tag
def dialog_form(*url: object) -> SafeString:
    """Attributes of a form in the dialog, whose answer replaces it."""
    address = _joined(url)
    disabled = SafeString('hx-disabled-elt="find button[type=submit]"')
    return format_html('action="{}" hx-post="{}" {} {}', address, address, _DIALOG, disabled)


@register.simple_tag
def polled(*url: object) -> SafeString:
    """Attributes of an element that `js/live.js` replaces every `data-poll` seconds."""
    trigger = SafeString('hx-trigger="poll" hx-target="this" hx-swap="outerHTML"')
    return format_html('hx-get="{}" {}', _joined(url), trigger)


def _joined(parts: tuple[object, ...]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))


@register.filter
def short(identifier: str) -> str:
    """A long identifier's two ends, for a table."""
    return identifier if len(identifier) <= 14 else f"{identifier[:6]}…{identifier[-6:]}"


@register.inclusion_tag("common/chip.html")
def chip(value: str, label: str, *, bare: bool = False) -> dict[str, object]:
    """An identifier in monospace with a copy button; `bare` where its name stands already."""
    return {"value": value, "label": label, "bare": bare}


@register.inclusion_tag("common/field.html")
def field(bound: object) -> dict[str, object]:
    """One form control with its label, help and errors."""
    return {"field": bound}


@register.simple_tag
def qr(text: str, title: str) -> SafeString:
    """`text` as a QR code, drawn in the page; readers who do not see it hear `title`."""
    drawn = segno.make_qr(text, error="m").svg_inline(scale=3, border=4, light="#fff", title=title)
    return mark_safe(drawn)  # noqa: S308 - drawn by segno, which escapes the title


@register.simple_tag
def state(key: str, word: str) -> SafeString:
    """A state: always a word, with a dot in its colour."""
    return format_html('<span class="state state-{}">{}</span>', key, word)


@register.filter
def capped(count: int, most: int) -> str:
    """A count that stops at `most`: 10,000+."""
    return f"{count:,}+" if count >= most else f"{count:,}"


@register.filter
def toast(message: Message) -> dict[str, Any]:
    """Read what `common.web.htmx.say` put beside the text: `trail`, and `undo` or nothing."""
    facts: dict[str, Any] = json.loads(message.extra_tags or "{}")
    return facts
