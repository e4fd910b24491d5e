from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from common.templatetags.console import capped, in_words, moment, short, since, state

NOW = datetime(2026, 11, 23, 9, 30, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "now"),
        (4.9, "now"),
        (5, "5 s ago"),
        (59, "59 s ago"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (3600, "1 h ago"),
        (86_399, "23 h ago"),
        (86_400, "1 d ago"),
        (86_400 * 59, "59 d ago"),
        (86_400 * 60, ""),
        (-3, "now"),
    ],
)
def test_an_age_reads_as_people_say_it(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


def test_an_age_has_the_exact_time_on_hover() -> None:
    with time_machine.travel(NOW, tick=False):
        shown = since(NOW - timedelta(minutes=12))
    assert shown == (
        '<time class="ago" datetime="2026-11-23T09:18:00+00:00" title="2026-11-23 09:18:00 UTC">'
        "12 min ago</time>"
    )


def test_what_is_long_ago_is_a_date() -> None:
    with time_machine.travel(NOW, tick=False):
        assert ">2026-01-02</time>" in since(datetime(2026, 1, 2, tzinfo=UTC))


def test_what_never_was_is_said_in_words() -> None:
    assert since(None) == "never"
    assert since(None, "not yet") == "not yet"
    assert moment(None) == "—"


def test_an_identifier_is_shortened_in_the_middle() -> None:
    assert short("K19uYVabcdefghij000100") == "K19uYV…000100"
    assert short("lamp-0001") == "lamp-0001"


def test_a_state_escapes_what_it_says() -> None:
    assert state("ok", "<b>") == '<span class="state state-ok">&lt;b&gt;</span>'


def test_a_count_that_stopped_says_so() -> None:
    assert (capped(9_999, 10_000), capped(10_000, 10_000)) == ("9,999", "10,000+")
