"""Words that are stored, or written before anybody asks: kept in English, told in any language.

What is stored holds the English message and the facts in it, apart. A fact may itself be words:
`{"words": "turn on Dynamic Registration for %(product)s", "product": "Smart Lamp"}`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext, gettext_noop, override

Words = Mapping[str, Any]  # "words" and the facts in them, as told of above


def translated(message: str) -> str:
    """The message in the current language; gettext would answer an empty one with its header."""
    return gettext(message) if message else ""


def told(message: str, facts: Mapping[str, Any]) -> str:
    """The message in the current language with its facts filled in.

    A message without facts is taken as it is, so a per cent sign in it is just that.
    """
    text = translated(message)
    return text % {name: _fact(value) for name, value in facts.items()} if facts else text


def _fact(value: Any) -> Any:
    if isinstance(value, Mapping):
        return told(value["words"], {name: each for name, each in value.items() if name != "words"})
    return value


def for_count(one: str, many: str, count: int) -> str:
    """The message whose English fits `count`; both are marked with gettext_noop."""
    return one if count == 1 else many


def in_english(message: str, facts: Mapping[str, Any]) -> str:
    """The same for what is read by machines, or kept as it is."""
    with override("en"):
        return told(message, facts)


def listed(parts: Sequence[Words]) -> Words:
    """One or more parts as a list, one after the other, in any language."""
    if len(parts) == 1:
        return parts[0]
    words = gettext_noop("%(first)s, %(others)s")
    return {"words": words, "first": parts[0], "others": listed(parts[1:])}


def said(words: Words) -> str:
    """The words in the current language."""
    return str(_fact(words))
