"""DeviceName patterns: what they match, and what is no pattern."""

import string
from functools import cache
from time import process_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from common.errors import OperationError
from products.name_pattern import check_name_pattern, name_matches

NAMES = st.text(alphabet="ab.-:@_9", max_size=12)
# Patterns as lists of parts, so that the meaning can be told without reading them.
PARTS = st.lists(
    st.sampled_from(["*", "?", *"ab.-:@_9", "[a9]", "[!a9]", "[b.]", "[!.]"]), max_size=8
)


def means(parts: tuple[str, ...], name: str) -> bool:
    """The definition, part by part, as slow as it likes to be."""

    @cache
    def fits(part: int, place: int) -> bool:
        if part == len(parts):
            return place == len(name)
        if parts[part] == "*":
            return any(fits(part + 1, end) for end in range(place, len(name) + 1))
        if place == len(name):
            return False
        return one(parts[part], name[place]) and fits(part + 1, place + 1)

    return fits(0, 0)


def one(part: str, character: str) -> bool:
    if part.startswith("[!"):
        return character not in part[2:-1]
    return part == "?" or (character in part[1:-1] if part.startswith("[") else part == character)


@given(PARTS, NAMES)
@example(["*", "a", "*", "b"], "aab")
@example(["*", "?", "*"], "")
def test_a_pattern_matches_what_its_parts_say(parts: list[str], name: str) -> None:
    pattern = check_name_pattern("".join(parts))
    assert name_matches(pattern, name) == means(tuple(parts), name)


@given(st.text(alphabet=string.printable + "é中", max_size=70))
def test_any_text_is_a_pattern_or_is_refused_on_its_field(pattern: str) -> None:
    try:
        fault = "" if name_matches(check_name_pattern(pattern), "lamp-0001") in (0, 1) else "none"
    except OperationError as error:
        fault = error.field
    assert fault in {"", "names"}


@pytest.mark.parametrize(
    ("pattern", "fit", "unfit"),
    [
        ("lamp-*", "lamp-0001", "Lamp-0001"),
        ("lamp-????", "lamp-0001", "lamp-00012"),
        ("[A-F0-9]*", "A4:CF:12", "g4:CF"),
        ("*@east.hall", "meter@east.hall", "meter@eastxhall"),
        ("[!t]*", "lamp", "test"),
        ("8[5-7]*", "861234", "881234"),
        ("[a-]x*", "-x01", "bx01"),
    ],
)
def test_patterns_as_a_shell_knows_them(pattern: str, fit: str, unfit: str) -> None:
    assert name_matches(check_name_pattern(pattern), fit)
    assert not name_matches(pattern, unfit)


@pytest.mark.parametrize(
    "pattern", ["[", "a[b", "[]", "[!]", "a]", "!a", "[z-a]", "[[a]]", "lamp 1", "lamp/1", "x" * 65]
)
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(OperationError) as refused:
        check_name_pattern(pattern)
    assert refused.value.field == "names"


def test_the_worst_pattern_takes_no_longer_than_its_length_times_the_names() -> None:
    pattern, name = check_name_pattern("*a" * 31 + "*b"), "a" * 32
    began = process_time()
    for _ in range(100):
        assert not name_matches(pattern, name)
    assert process_time() - began < 2
