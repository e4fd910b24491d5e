"""Errors that the protocol core finds in bytes, in the reader's language.

The core knows no Django and says it in English, which is what the log keeps.
"""

import re

from django.utils.translation import gettext, gettext_noop

_PROBLEMS = (
    gettext_noop("%(name)s is missing or malformed"),
    gettext_noop("%(name)s is missing"),
    gettext_noop("%(name)s is empty"),
    gettext_noop("%(name)s is unknown"),
    gettext_noop("%(name)s is not supported"),
    gettext_noop("%(name)s is not a number"),
    gettext_noop("%(name)s is longer than %(count)s characters"),
    gettext_noop("%(name)s contains unprintable characters"),
    gettext_noop("clientId has no parameter list closed with |"),
    gettext_noop("securemode is neither 2 nor -2"),
    gettext_noop("packet ends early"),
    gettext_noop("string is not UTF-8"),
    gettext_noop("string contains NUL"),
    gettext_noop("bytes after the end of a packet"),
    gettext_noop("length of a packet has more than four bytes"),
    gettext_noop("first packet is not CONNECT"),
    gettext_noop("packet type %(count)s is not supported here"),
    gettext_noop("reserved flags in packet type %(count)s"),
    gettext_noop("packet is larger than %(count)s bytes"),
    gettext_noop("protocol is neither MQTT 3.1 nor 3.1.1"),
    gettext_noop("reserved flag in CONNECT"),
    gettext_noop("will flags without a will"),
    gettext_noop("password without a username"),
    gettext_noop("more than %(count)s subscriptions"),
    gettext_noop("not the device's own"),
    gettext_noop("request is not a POST"),
    gettext_noop("body is not a form"),
    gettext_noop("body ends early"),
    gettext_noop("body is longer than %(count)s bytes"),
    gettext_noop("body has more than %(count)s fields"),
)
_FACTS = {"%\\(name\\)s": r"(?P<name>\w+)", "%\\(count\\)s": r"(?P<count>\d+)"}


def _pattern(message: str) -> re.Pattern[str]:
    pattern = re.escape(message)
    for placeholder, fact in _FACTS.items():
        pattern = pattern.replace(placeholder, fact)
    return re.compile(pattern)


_PATTERNS = [(message, _pattern(message)) for message in _PROBLEMS]


def problem_words(problem: str) -> str:
    """The problem translated; one that is not listed here stays as it is."""
    for message, pattern in _PATTERNS:
        if found := pattern.fullmatch(problem):
            words = gettext(message)
            return words % found.groupdict() if found.groupdict() else words
    return problem
