"""Random identifiers."""

from collections import Counter

from common.crypto.identifiers import ALPHANUMERIC, alphanumeric, digits, trace_id


def test_identifiers_have_the_length_and_alphabet_asked_for() -> None:
    for length in (0, 1, 11, 64):
        text = alphanumeric(length)
        assert len(text) == length
        assert set(text) <= set(ALPHANUMERIC)
        number = digits(length)
        assert len(number) == length
        assert set(number) <= set("0123456789")


def test_every_character_is_about_equally_likely() -> None:
    counts = Counter(alphanumeric(62_000))
    assert set(counts) == set(ALPHANUMERIC)
    # 1,000 expected of each, with a standard deviation of 31: eight of them never happen.
    assert all(750 < count < 1250 for count in counts.values())
    counts = Counter(digits(10_000))
    assert len(counts) == 10
    assert all(750 < count < 1250 for count in counts.values())


def test_a_trace_id_is_16_hex_digits_and_new_each_time() -> None:
    assert len({trace_id() for _ in range(100)}) == 100
    assert int(trace_id(), 16) < 1 << 64
