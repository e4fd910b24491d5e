import pytest

from common.sql.paging import KeysetPage, capped_count, keyset_page
from operators.models import SignInAttempt

pytestmark = pytest.mark.django_db


def entries(count: int) -> list[int]:
    """Keys of `count` rows, oldest first."""
    return [SignInAttempt.objects.create(key=f"key {n}").pk for n in range(count)]


def page(**params: object) -> KeysetPage[SignInAttempt]:
    return keyset_page(SignInAttempt.objects.all(), {k: str(v) for k, v in params.items()}, size=3)


def keys(shown: KeysetPage[SignInAttempt]) -> list[int]:
    return [row.pk for row in shown.rows]


def test_begins_with_the_newest_and_leads_to_the_older() -> None:
    all_keys = entries(7)
    first = page()
    assert keys(first) == all_keys[:3:-1]
    assert (first.older, first.newer) == (all_keys[4], None)


def test_walks_down_to_the_end_and_up_again_without_gap_or_repeat() -> None:
    all_keys = entries(7)
    second = page(before=page().older)
    third = page(before=second.older)
    assert keys(second) == all_keys[3:0:-1]
    assert (keys(third), third.older) == ([all_keys[0]], None)
    assert keys(page(after=third.newer)) == keys(second)
    assert keys(page(after=second.newer)) == keys(page())


def test_a_page_stays_the_same_while_rows_are_added() -> None:
    entries(7)
    older = page().older
    before = keys(page(before=older))
    entries(2)
    assert keys(page(before=older)) == before


def test_the_way_up_ends_on_a_full_first_page() -> None:
    all_keys = entries(4)
    assert keys(page(after=all_keys[2])) == all_keys[:0:-1]


def test_an_empty_list_has_one_empty_page() -> None:
    shown = page()
    assert (shown.rows, shown.older, shown.newer, shown.newest) == ([], None, None, 0)


@pytest.mark.parametrize("nonsense", ["", "x", "-1", "1.5", "\uff19", "9" * 19, "9" * 40])
def test_nonsense_in_the_url_shows_the_first_page(nonsense: str) -> None:
    all_keys = entries(2)
    assert keys(page(before=nonsense)) == all_keys[::-1]
    assert keys(page(after=nonsense)) == all_keys[::-1]


def test_counts_no_further_than_asked() -> None:
    entries(5)
    assert capped_count(SignInAttempt.objects.all(), 3) == 3
    assert capped_count(SignInAttempt.objects.all(), 9) == 5
