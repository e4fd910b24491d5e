"""Rules that every template keeps."""

import re
from pathlib import Path

import pytest
from django.template import Context, Template

ROOT = Path(__file__).resolve().parents[2] / "templates"
TEMPLATES = sorted(ROOT.rglob("*.html"))

# What the tags of `console` write: dialog_link, dialog_get, dialog_form and polled.
_BY_HAND = re.compile(
    r'hx-target="#dialog-body"|hx-trigger="poll" hx-target="this" hx-swap="outerHTML"'
)
_INCLUDE = re.compile(r"\{% include .*?%\}")


def test_dialogs_and_polling_are_wired_by_tags() -> None:
    assert [path.name for path in TEMPLATES if _BY_HAND.search(path.read_text())] == []


def test_includes_get_what_they_need_and_nothing_else() -> None:
    """An include without `only` depends on names that nobody passes on purpose."""
    includes = [each for path in TEMPLATES for each in _INCLUDE.findall(path.read_text())]
    assert [each for each in includes if not each.endswith(" only %}")] == []


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("dialog_link url", 'href="/a/?b=1&amp;c" hx-get="/a/?b=1&amp;c" {dialog}'),
        ('dialog_get url "&amp;d=" 2', 'hx-get="/a/?b=1&amp;c&amp;d=2" {dialog}'),
        (
            "dialog_form url",
            'action="/a/?b=1&amp;c" hx-post="/a/?b=1&amp;c" {dialog} '
            'hx-disabled-elt="find button[type=submit]"',
        ),
        (
            "polled url",
            'hx-get="/a/?b=1&amp;c" hx-trigger="poll" hx-target="this" hx-swap="outerHTML"',
        ),
    ],
)
def test_tag_writes_escaped_attributes(tag: str, expected: str) -> None:
    written = Template(f"{{% load console %}}{{% {tag} %}}").render(Context({"url": "/a/?b=1&c"}))
    assert written == expected.format(dialog='hx-target="#dialog-body" hx-swap="outerHTML"')
