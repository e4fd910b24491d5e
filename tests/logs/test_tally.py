"""Counting the log hour by hour."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from logs.models import LogCursor, LogEntry, LogTally
from logs.operations import prune, tally
from tests.console.logged import logged
from tests.factories import make_product
from tests.threads import at_once

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)


def counts() -> dict[tuple[str, str], int]:
    """Hour of the day and reason → count."""
    rows = LogTally.objects.values_list("hour", "reason", "count")
    return {(f"{hour:%H:%M}", reason): count for hour, reason, count in rows}


def test_entries_are_counted_by_hour_and_reason() -> None:
    for minutes in (0, 10, 29, 40):
        logged("bad_signature", at=NOON + timedelta(minutes=minutes))
    logged("ok", at=NOON)
    assert tally.tally(NOON + timedelta(hours=2)) == 5
    assert counts() == {
        ("12:00", "bad_signature"): 3,
        ("12:00", "ok"): 1,
        ("13:00", "bad_signature"): 1,
    }


def test_nothing_is_counted_twice_and_later_entries_add_to_the_hour() -> None:
    logged("ok", at=NOON)
    tally.tally(NOON + timedelta(minutes=1))
    assert tally.tally(NOON + timedelta(minutes=1)) == 0
    logged("ok", at=NOON + timedelta(minutes=1))
    tally.tally(NOON + timedelta(minutes=2))
    assert counts() == {("12:00", "ok"): 2}


def test_entries_only_seconds_old_wait_for_those_that_commit_late() -> None:
    logged("ok", at=NOON)
    assert tally.tally(NOON + timedelta(seconds=1)) == 0
    assert tally.tally(NOON + timedelta(seconds=6)) == 1


def test_an_entry_that_commits_late_below_the_cursor_is_still_counted_once() -> None:
    late = logged("ok", at=NOON)
    logged("ok", at=NOON)
    LogEntry.objects.filter(pk=late.pk).delete()  # as seen while its transaction is open
    tally.tally(NOON + timedelta(minutes=1))
    assert counts() == {("12:00", "ok"): 1}
    late.save(force_insert=True)
    for minutes in (2, 3):
        tally.tally(NOON + timedelta(minutes=minutes))
    assert counts() == {("12:00", "ok"): 2}


def test_ids_that_never_turn_up_are_given_up_after_an_hour() -> None:
    first, gone, last = (logged("ok", at=NOON) for _ in range(3))
    gone.delete()
    tally.tally(NOON + timedelta(minutes=1))
    gaps = LogCursor.objects.get().gaps
    assert [gap[:2] for gap in gaps if gap[0] > first.pk] == [[first.pk + 1, last.pk - 1]]
    tally.tally(NOON + timedelta(minutes=62))
    assert LogCursor.objects.get().gaps == []


def test_a_count_that_is_not_committed_does_not_move_the_cursor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    logged("ok", at=NOON)

    def killed(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(tally, "_add", killed)
        with pytest.raises(RuntimeError, match="killed"):
            tally.tally(NOON + timedelta(minutes=1))
    assert tally.tally(NOON + timedelta(minutes=1)) == 1
    assert counts() == {("12:00", "ok"): 1}


def test_what_exceeds_one_chunk_is_counted_in_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "_CHUNK", 3)
    for _ in range(10):
        logged("ok", at=NOON)
    assert tally.tally(NOON + timedelta(minutes=1)) == 10
    assert counts() == {("12:00", "ok"): 10}


def test_product_keys_are_kept_only_of_products_that_exist() -> None:
    product = make_product()
    tally.tally(timezone.now() + timedelta(minutes=1))
    LogTally.objects.all().delete()
    logged("ok", at=NOON, product_key=product.product_key)
    for number in range(3):
        logged("product_not_found", at=NOON, product_key=f"a1MadeUp{number}")
    tally.tally(timezone.now() + timedelta(minutes=1))
    kept = dict(LogTally.objects.values_list("product_key", "count"))
    assert kept == {product.product_key: 1, "": 3}


def test_pruning_the_log_counts_what_it_deletes_first() -> None:
    logged("ok", at=NOON)
    assert prune.prune_log(NOON + timedelta(hours=1)) == 1
    assert counts() == {("12:00", "ok"): 1}


def test_tallies_go_when_they_are_old() -> None:
    logged("ok", at=NOON)
    tally.tally(NOON + timedelta(hours=1))
    assert tally.prune_tallies(NOON + timedelta(days=399)) == 0
    assert tally.prune_tallies(NOON + timedelta(days=401)) == 1


@pytest.mark.django_db(transaction=True)
def test_several_workers_and_writers_at_once_count_each_entry_once() -> None:
    def write() -> None:
        for _ in range(20):
            logged("ok", at=NOON)

    def count() -> None:
        for _ in range(10):
            tally.tally(NOON + timedelta(minutes=1))

    at_once(write, write, write, count, count)
    tally.tally(NOON + timedelta(minutes=1))
    assert counts() == {("12:00", "ok"): 60}
