"""Text that a person reads or hears on a page: text, labels, hints, titles."""

import re
from collections.abc import Iterator

from django.conf import settings
from django.test.html import Element

from operators.preferences import time_zones
from tests.console.dom import attribute

# Code, identifiers and keys on the keyboard; a language is named in itself.
_VERBATIM = {"code", "pre", "kbd", "script", "style"}
_SPOKEN = ("aria-label", "title", "placeholder", "alt", "data-label")

# Zones have one name everywhere, languages are named in themselves.
_OPTIONS = {*time_zones(), *dict(settings.LANGUAGES)}

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_@.:/+&…-]*[A-Za-z0-9]")
_IDENTIFIER = re.compile(r"[\d_@/]|^[a-z]+[A-Z]")
# Half of a character's width, behind a Chinese word.
_NARROW = re.compile(r"[\u4e00-\u9fff”）][,:;?!](?=\s|$)")
CJK = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


def said(element: Element) -> Iterator[str]:
    """Each piece of text on its own."""
    if _is_verbatim(element):
        return
    for name in _SPOKEN:
        if value := attribute(element, name):
            yield value
    for name, value in element.attributes:
        if name.startswith("data-word-") or name == "data-countdown-end":
            yield value or ""
    for child in element.children:
        if isinstance(child, Element):
            yield from said(child)
        else:
            yield str(child)


def _is_verbatim(element: Element) -> bool:
    classes = (attribute(element, "class") or "").split()
    return (
        element.name in _VERBATIM
        or (element.name != "html" and attribute(element, "lang") is not None)
        or "font-monospace" in classes
        or (element.name == "option" and attribute(element, "value") in _OPTIONS)
    )


def narrow_punctuation(element: Element) -> Iterator[str]:
    """Every text with a mark of English punctuation where a Chinese one belongs."""
    return (text for text in said(element) if _NARROW.search(text))


def english(element: Element) -> Iterator[str]:
    """Every Latin word that is no identifier (digits, underscore, camelCase)."""
    for text in said(element):
        for word in _WORD.findall(text):
            if not _IDENTIFIER.search(word):
                yield word
