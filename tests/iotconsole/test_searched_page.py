import itertools

import pytest
from django.db.models import Q

from common.sql import paging
from common.sql.paging import (
    Counted,
    KeysetPage,
    Span,
    keys_among,
    keyset_page,
    portions_in_order,
    searched_count,
    searched_page,
    searched_portions,
)
from operators.models import SignInAttempt

pytestmark = pytest.mark.django_db

FITS = Q(key="fits")


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The keys that match: every fifth of 40, the oldest included. A search begins with four."""
    monkeypatch.setattr(paging, "_FIRST_STEP", 4)
    rows = [
        SignInAttempt.objects.create(key="other" if number % 5 else "fits") for number in range(40)
    ]
    return [row.pk for row in rows if row.key == "fits"]


def page(size: int = 3, span: Span | None = None, **params: object) -> KeysetPage[SignInAttempt]:
    rows = SignInAttempt.objects.filter(FITS)
    return searched_page(rows, {k: str(v) for k, v in params.items()}, size=size, span=span)


def shown(found: KeysetPage[SignInAttempt]) -> list[int]:
    return [row.pk for row in found.rows]


@pytest.mark.parametrize("size", [1, 2, 3, 8, 9])
def test_shows_what_an_index_would_have_shown(keys: list[int], size: int) -> None:
    rows = SignInAttempt.objects.filter(FITS)
    for cursor in ({}, {"before": str(keys[4])}, {"after": str(keys[2])}, {"after": str(keys[-1])}):
        assert searched_page(rows, cursor, size=size) == keyset_page(rows, cursor, size=size)


def test_looks_at_no_key_twice(keys: list[int], django_assert_max_num_queries: object) -> None:
    steps = list(paging._steps(Span(1, 1000), upwards=False))
    assert steps[0].last == 1000
    assert all(lower.last == upper.first - 1 for upper, lower in itertools.pairwise(steps))
    assert steps[-1].first == 1


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time is up after the first step."""
    monkeypatch.setattr(paging, "SEARCH_SECONDS", 0)


def test_says_how_far_it_came_when_time_was_up(keys: list[int], hurry: None) -> None:
    newest = keys[-1] + 4
    first = page()
    assert (shown(first), first.unfinished) == ([], "older")
    assert first.reached is not None
    assert first.older == first.reached.pk == newest - 3


def test_searching_further_leaves_nothing_out(keys: list[int], hurry: None) -> None:
    found, look = [], page()
    while look.older:
        found += shown(look)
        look = page(before=look.older)
    assert found + shown(look) == keys[::-1]
    assert look.unfinished is None


def test_searching_further_upwards_leaves_nothing_out(keys: list[int], hurry: None) -> None:
    found, look = [keys[0]], page(after=keys[0])
    while look.unfinished == "newer":
        found += shown(look)[::-1]
        look = page(after=look.newer)
    assert found + [key for key in shown(look)[::-1] if key > found[-1]] == keys


def test_a_page_that_became_full_is_finished(keys: list[int], hurry: None) -> None:
    full = page(size=1, before=keys[-1] + 2)
    assert (shown(full), full.unfinished) == ([keys[-1]], "older")


def test_keeps_to_the_span(keys: list[int]) -> None:
    assert shown(page(span=Span(keys[2], keys[4]))) == keys[4:1:-1]


def test_an_empty_table_has_an_empty_page() -> None:
    assert page() == KeysetPage([], None, None)


# --- counting ---------------------------------------------------------------------------------
def counted(keys: list[int], most: int) -> Counted:
    rows = SignInAttempt.objects.filter(FITS)
    return searched_count(rows, Span(keys[0], keys[-1] + 4), most)


def test_counts_to_the_end(keys: list[int]) -> None:
    assert counted(keys, 8) == Counted(8)
    assert str(Counted(12_345)) == "12,345"


def test_counts_no_further_than_asked(keys: list[int]) -> None:
    assert counted(keys, 7) == Counted(7, exact=False)
    assert str(Counted(10_000, exact=False)) == "10,000+"


def test_counts_no_longer_than_one_can_wait(keys: list[int], hurry: None) -> None:
    rows = SignInAttempt.objects.filter(FITS)
    assert searched_count(rows, Span(keys[0], keys[-1]), 8) == Counted(1, exact=False)


def test_goes_on_when_nothing_was_found_in_time(keys: list[int], hurry: None) -> None:
    assert counted(keys, 8) == Counted(8)
    assert counted(keys, 7) == Counted(7, exact=False)


def test_nothing_is_said_to_fit_only_when_all_was_looked_at(keys: list[int], hurry: None) -> None:
    nothing = SignInAttempt.objects.filter(key="nothing")
    assert searched_count(nothing, Span(keys[0], keys[-1] + 4), 8) == Counted(0)


# --- reading everything -----------------------------------------------------------------------
@pytest.mark.parametrize("width", [1, 3, 8, 40, 100])
def test_portions_leave_nothing_out(
    keys: list[int], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setattr(paging, "_WALKED", width)
    monkeypatch.setattr(paging, "_PORTION", width)
    rows, span = SignInAttempt.objects.filter(FITS), Span(keys[0], keys[-1] + 4)
    for portions in (searched_portions(rows, span), portions_in_order(rows)):
        assert [row.pk for portion in portions for row in portion.rows] == keys[::-1]
    assert list(keys_among(rows, span)) == keys


def test_a_search_stops_where_it_was_told_to(keys: list[int]) -> None:
    rows, span = SignInAttempt.objects.filter(FITS), Span(keys[0], keys[-1] + 4)
    *read, last = searched_portions(rows, span, most=10)
    assert [row.pk for portion in read for row in portion.rows] == keys[:-3:-1]
    assert last.stopped is not None
    assert last.stopped.pk == keys[-2]
    assert not any(portion.stopped for portion in searched_portions(rows, span, most=40))
