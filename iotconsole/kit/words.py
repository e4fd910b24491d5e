"""Words that are stored, or written before anybody asks: kept in English, told in any language.

What is stored holds the English message and the facts in it, apart. A fact may itself be words:
`{"words": "turn on Dynamic Registration for %(product)s", "product": "Smart Lamp"}`.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext


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
