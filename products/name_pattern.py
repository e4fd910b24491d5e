"""DeviceName patterns as a shell knows them: `*`, `?`, `[abc]`, `[a-z]` and `[!a-z]`.

Matching takes time in proportion to both lengths at the most, whatever the pattern: it is not
handed to a regular expression, and goes back to the latest `*` only.
"""

import re
from functools import lru_cache

from django.utils.translation import gettext as _

from common.errors import OperationError

MAX_PATTERN = 64

# What a DeviceName may hold (protocol.md 5.1), and the four signs.
_ALPHABET = re.compile(r"[A-Za-z0-9\-_@.:*?\[\]!]+")
_SET = re.compile(r"\[(!?)([A-Za-z0-9\-_@.:]+)\]")

Token = frozenset[str] | str  # a set, one character, or ANY, or STAR
ANY, STAR = "?", "*"
_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_@.:")


def check_name_pattern(pattern: str) -> str:
    """The pattern without surrounding space; raises OperationError on the field `names`."""
    pattern = pattern.strip()
    if len(pattern) > MAX_PATTERN:
        raise OperationError(
            _("A pattern has at most %(most)d characters.") % {"most": MAX_PATTERN}, field="names"
        )
    if pattern and not _ALPHABET.fullmatch(pattern):
        raise OperationError(
            _(
                "A pattern may contain letters, digits and - _ @ . : as in a DeviceName, * ? and [ "
                "]."
            ),
            field="names",
        )
    _tokens(pattern)
    return pattern


def name_matches(pattern: str, name: str) -> bool:
    """Whether the whole of `name` fits the checked `pattern`. Upper and lower case differ."""
    tokens = _tokens(pattern)
    here = there = 0  # in tokens, in name
    star = resume = -1
    while there < len(name):
        if here < len(tokens) and tokens[here] == STAR:
            star, resume = here, there
            here += 1
        elif here < len(tokens) and _fits(tokens[here], name[there]):
            here, there = here + 1, there + 1
        elif star >= 0:
            # The latest star takes one character more; an earlier one could only take less.
            resume += 1
            here, there = star + 1, resume
        else:
            return False
    return all(token == STAR for token in tokens[here:])


def _fits(token: Token, character: str) -> bool:
    if isinstance(token, frozenset):
        return character in token
    return token in (ANY, character)


@lru_cache(maxsize=1024)
def _tokens(pattern: str) -> tuple[Token, ...]:
    """Raises OperationError where a bracket does not hold a set of characters."""
    tokens: list[Token] = []
    place = 0
    while place < len(pattern):
        if pattern[place] == "[":
            found = _SET.match(pattern, place)
            if not found:
                raise OperationError(_bracket_words(), field="names")
            members = _members(found[2])
            tokens.append(_CHARACTERS - members if found[1] else members)
            place = found.end()
        elif pattern[place] in "]!":
            raise OperationError(_bracket_words(), field="names")
        else:
            tokens.append(pattern[place])
            place += 1
    return tuple(tokens)


def _members(inside: str) -> frozenset[str]:
    """Characters of a set; a hyphen between two of them makes a range, elsewhere it is itself."""
    members: set[str] = set()
    place = 0
    while place < len(inside):
        if inside[place + 1 : place + 2] == "-" and place + 2 < len(inside):
            low, high = inside[place], inside[place + 2]
            if low > high:
                raise OperationError(
                    _("The range %(low)s-%(high)s in the pattern runs backwards.")
                    % {"low": low, "high": high},
                    field="names",
                )
            members.update(chr(code) for code in range(ord(low), ord(high) + 1))
            place += 3
        else:
            members.add(inside[place])
            place += 1
    return frozenset(members)


def _bracket_words() -> str:
    return _("A bracket in the pattern contains characters, as in [abc], [0-9] or [!x].")
