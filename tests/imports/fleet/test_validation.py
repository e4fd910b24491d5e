"""Rules for a product, a device or a ClientID, alone and against the other rows."""

from datetime import UTC, datetime

import pytest

from imports.fleet.problems import PROBLEMS
from imports.fleet.records import Item, ItemKind, pack, unpack
from imports.fleet.validation import activated_at, moment
from tests.imports.fleet.given import KEY, PRODUCT_SECRET, line, read, table, wrong

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LONG = "x" * 64


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("a1 !,,,lamp-0001,abcdef,,,", ("ProductKey", "product_key_shape")),
        (f"{KEY},,,,abcdef,,,", ("DeviceName", "missing_device_name")),
        (f"{KEY},,,ab,abcdef,,,", ("DeviceName", "short")),
        (f"{KEY},,,{LONG},abcdef,,,", ("DeviceName", "long")),
        (f"{KEY},,,lamp 0001,abcdef,,,", ("DeviceName", "characters")),
        (f"{KEY},,,8.61E+14,abcdef,,,", ("DeviceName", "scientific")),
        (f"{KEY},,,lamp-0001,abcd****,,,", ("DeviceSecret", "asterisks")),
        (f"{KEY},,,lamp-0001,{LONG},,,", ("DeviceSecret", "secret_shape")),
        (f"{KEY},,,lamp-0001,ab\\cd,,,", ("DeviceSecret", "secret_shape")),
        (f"{KEY},,,lamp-0001,abcdef,灯,,", ("Nickname", "nickname_length")),
        (f"{KEY},,,lamp-0001,,,a|securemode=2|,t", ("ClientID", "client_id_shape")),
        (f"{KEY},,,lamp-0001,,,K19uYV***000100,t", ("ClientID", "asterisks")),
        (f"{KEY},,,lamp-0001,,,K19uYV000100,", ("ClientID", "no_token")),
        (f"{KEY},,,lamp-0001,,,K19uYV000100,a b", ("DeviceToken", "secret_shape")),
        (f"{KEY},,,lamp-0001,,,,token", ("DeviceToken", "token_alone")),
        (f"{KEY},secret,a+b,,,,,", ("ProductName", "product_name_shape")),
        (f"{KEY},****,,,,,,", ("ProductSecret", "asterisks")),
    ],
)
def test_a_row_that_breaks_a_rule_says_which(row: str, problem: tuple[str, str]) -> None:
    assert [(column, key) for _, column, key in wrong(read(table(row)))] == [problem]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([f"{KEY},one,,,,,,", f"{KEY},two,,,,,,"], (3, "ProductSecret", "differs")),
        (
            [f"{KEY},,,lamp-0001,one,,,", f"{KEY},,,lamp-0001,two,,,"],
            (3, "DeviceSecret", "differs"),
        ),
        (
            [f"{KEY},,,lamp-0001,,,client1,one", f"{KEY},,,lamp-0001,,,client1,two"],
            (3, "DeviceToken", "differs"),
        ),
        (
            [f"{KEY},,,lamp-0001,,,client1,one", f"{KEY},,,lamp-0002,,,client1,one"],
            (3, "ClientID", "repeated_elsewhere"),
        ),
        (["a1,one,Lamp,,,,,", "a2,one,Lamp,,,,,"], (3, "ProductName", "repeated_elsewhere")),
        (
            [f"{KEY},,,lamp-0001,,,client{n},token" for n in range(6)],
            (2, "ClientID", "too_many_client_ids"),
        ),
    ],
)
def test_rows_that_contradict_each_other_name_the_earlier_one(
    rows: list[str], problem: tuple[int, str, str]
) -> None:
    assert wrong(read(table(*rows))) == [problem]


def test_every_problem_has_words_for_its_facts() -> None:
    facts = dict.fromkeys(("length", "found", "row", "file", "code", "product", "broker"), "7")
    for words in PROBLEMS.values():
        assert str(words.reason) % facts
        assert str(words.fix)


def test_no_secret_shows_in_a_problem_or_a_repr() -> None:
    reading = read(table(f"{KEY},bad secret,,lamp-0001,bad secret,,client1,bad token"))
    told = repr(reading) + str([problem.as_data() for i in reading.items for problem in i.problems])
    assert "bad secret" not in told
    assert "bad token" not in told
    assert "•••• (10)" in told


def test_what_is_packed_is_encrypted_and_comes_back() -> None:
    items = read(table(line(1, client_id="client1", token="a-token"))).items
    packed = pack(items)
    assert PRODUCT_SECRET.encode() not in packed
    assert [item.as_data() for item in unpack(packed)] == [item.as_data() for item in items]


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"Status": "UNACTIVE"}, None),
        ({"Status": "0"}, None),
        ({}, NOW),
        ({"Status": "ONLINE"}, NOW),
        ({"Status": "3", "UtcCreate": "2018-08-06T02:47:50.000Z"}, "2018-08-06T02:47:50+00:00"),
        ({"Status": "已禁用", "GmtCreate": "2018-08-06 10:47:50"}, "2018-08-06T02:47:50+00:00"),
        ({"UtcActive": "2018-08-06T02:47:50.000Z"}, "2018-08-06T02:47:50+00:00"),
        ({"GmtActive": "2018-08-06 10:47:50"}, "2018-08-06T02:47:50+00:00"),
        ({"UtcActive": "2099-08-06T02:47:50.000Z"}, NOW),
    ],
)
def test_when_a_device_was_activated(facts: dict[str, str], told: str | datetime | None) -> None:
    expected = datetime.fromisoformat(told) if isinstance(told, str) else told
    item = Item(ItemKind.DEVICE, 0, 2, facts)
    assert activated_at(item, NOW, NOW) == expected


def test_times_in_other_words_are_none() -> None:
    assert moment("yesterday") is None
    assert moment("1535627583000") == datetime(2018, 8, 30, 11, 13, 3, tzinfo=UTC)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_times_beyond_the_calendar_are_none(text: str) -> None:
    assert moment(text) is None
