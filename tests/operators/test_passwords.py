"""Passwords cannot be guessed, and strangers keep nobody out who knows the right one."""

from datetime import timedelta

import pytest
from time_machine import Traveller

from operators.models import Operator, SignInAttempt
from operators.operations.passwords import Attempt, Source, TooManyTriesError, is_right
from tests.operators.people import PASSWORD

HERE = "192.0.2.7"
ELSEWHERE = "203.0.113.9"

pytestmark = [pytest.mark.usefixtures("clock"), pytest.mark.django_db]


def tried(username: str, address: str | None = HERE, browser: str = "", *, right: bool) -> None:
    attempt = Attempt(username, Source(address, browser))
    attempt.require_allowed()
    attempt.settle(right=right)


def wrong(username: str, address: str | None = HERE, browser: str = "") -> bool:
    """Whether a wrong password was looked at."""
    try:
        tried(username, address, browser, right=False)
    except TooManyTriesError:
        return False
    return True


def right(username: str, address: str | None = HERE, browser: str = "") -> bool:
    """Whether the right password is accepted."""
    try:
        tried(username, address, browser, right=True)
    except TooManyTriesError:
        return False
    return True


def fail(username: str, address: str, times: int) -> None:
    assert [wrong(username, address) for _ in range(times)] == [True] * times


def test_the_sixth_try_of_a_name_from_a_network_has_to_wait(clock: Traveller) -> None:
    fail("chen", HERE, 5)
    clock.shift(60)
    with pytest.raises(TooManyTriesError) as caught:
        Attempt("chen", Source(HERE)).require_allowed()
    assert caught.value.text == "Too many wrong passwords. Try again in 14 minutes."
    assert caught.value.retry_after == timedelta(minutes=14)
    assert not right("chen")


def test_the_wait_ends(clock: Traveller) -> None:
    fail("chen", HERE, 5)
    clock.shift(timedelta(minutes=15))
    assert right("chen")


def test_knocking_while_locked_out_does_not_prolong_it(clock: Traveller) -> None:
    fail("chen", HERE, 5)
    clock.shift(timedelta(minutes=14))
    assert not any(wrong("chen") for _ in range(20))
    clock.shift(timedelta(minutes=1))
    assert right("chen")


def test_a_right_password_that_was_overtaken_by_too_many_wrong_ones_is_refused() -> None:
    attempt = Attempt("chen", Source(HERE))
    attempt.require_allowed()
    fail("chen", HERE, 5)
    with pytest.raises(TooManyTriesError):
        attempt.settle(right=True)


def test_the_owner_elsewhere_is_not_locked_out() -> None:
    fail("chen", HERE, 5)
    assert right("chen", ELSEWHERE)


@pytest.mark.parametrize("count", [20, 60])
def test_a_right_password_is_accepted_beside_wrong_ones_of_others_from_its_address(
    count: int,
) -> None:
    for number in range(count):
        fail(f"name-{number}", HERE, 1)
    assert right("chen")
    assert wrong("mei")
    assert not wrong("mei"), "there it is one try per name"
    assert right("chen")


def test_who_tries_many_names_has_to_wait_in_the_end() -> None:
    tries = [wrong(f"name-{number}") for number in range(110)]
    assert sum(tries) == 100
    assert not right("chen")
    assert right("chen", ELSEWHERE)


NETWORKS = {
    "/64 of one /48": "2001:db8:0:{:x}::1",
    "/48": "2001:db8:{:x}::1",
    "IPv4 of one /24": "198.51.100.{}",
    "IPv4": "198.51.{}.1",
}


@pytest.mark.parametrize("networks", NETWORKS.values(), ids=NETWORKS.keys())
@pytest.mark.parametrize("count", [10, 50])
def test_strangers_from_many_networks_lock_nobody_out(
    clock: Traveller, networks: str, count: int
) -> None:
    for _ in range(3):
        for _ in range(6):
            for number in range(count):
                wrong("chen", networks.format(number))
        assert right("chen", ELSEWHERE), "from a new browser, too"
        clock.shift(timedelta(minutes=5))


def test_guesses_from_many_networks_are_few_each() -> None:
    networks = [f"2001:db8:{number:x}::1" for number in range(60)]
    tries = {network: sum(wrong("chen", network) for _ in range(8)) for network in networks}
    assert set(list(tries.values())[:10]) == {5}
    assert set(list(tries.values())[10:]) == {1}


def test_guesses_for_one_name_end_however_many_networks_they_come_from() -> None:
    networks = (f"2001:{number:x}::1" for number in range(0x100, 0x400))
    assert sum(wrong("chen", network) for network in networks) == 500
    assert right("mei", ELSEWHERE)


@pytest.mark.parametrize("block", ["2001:db8:0:{:x}::1", "198.51.100.{}"])
def test_guesses_for_one_name_from_one_block_of_networks_end_sooner(block: str) -> None:
    assert sum(wrong("chen", block.format(number)) for number in range(200)) == 100


def test_a_known_browser_gets_in_whatever_strangers_do() -> None:
    for number in range(0x100, 0x400):
        wrong("chen", f"2001:{number:x}::1")
    for _ in range(6):
        wrong("chen", HERE)
    assert not right("chen", ELSEWHERE)
    assert right("chen", HERE, "a browser")


def test_a_known_browser_guesses_no_more_than_anybody_else() -> None:
    tries = [wrong("chen", f"198.51.100.{number}", "a browser") for number in range(12)]
    assert sum(tries) == 5
    assert not right("chen", HERE, "a browser")
    assert right("chen", HERE), "and locks out nobody else"
    assert right("chen", HERE, "another browser")


def test_the_addresses_of_one_ipv6_network_count_together() -> None:
    for number in range(5):
        fail("chen", f"2001:db8::{number + 1}", 1)
    assert not right("chen", "2001:db8::ffff")
    assert right("chen", "2001:db8:0:1::1")


def test_ipv4_addresses_in_the_form_of_ipv6_do_not_count_together() -> None:
    fail("chen", "::ffff:192.0.2.7", 5)
    assert not right("chen", HERE), "it is the same"
    assert right("chen", "::ffff:203.0.113.9")


def test_a_right_password_forgives_the_tries_of_its_name_and_network() -> None:
    fail("chen", HERE, 4)
    assert right("chen")
    fail("chen", HERE, 5)


def test_a_right_password_does_not_forgive_other_names() -> None:
    for number in range(100):
        fail(f"name-{number}", HERE, 1)
        right("chen")
    assert not right("chen")


def test_a_name_counts_the_same_in_capitals() -> None:
    fail("chen", HERE, 5)
    assert not right("CHEN")


def test_is_right_counts_only_wrong_ones(chen: Operator) -> None:
    here = Source(HERE)
    for _ in range(10):
        assert is_right(chen, PASSWORD, here)
    for _ in range(5):
        assert not is_right(chen, "wrong", here)
    with pytest.raises(TooManyTriesError):
        is_right(chen, PASSWORD, here)


def test_neither_name_nor_address_nor_browser_is_stored() -> None:
    wrong("chen")
    wrong("chen", HERE, "a browser")
    keys = " ".join(SignInAttempt.objects.values_list("key", flat=True))
    assert not any(word in keys for word in ("chen", HERE, "browser"))


def test_old_tries_are_forgotten(clock: Traveller) -> None:
    fail("chen", HERE, 3)
    before = SignInAttempt.objects.count()
    clock.shift(timedelta(minutes=15))
    fail("mei", HERE, 1)
    assert SignInAttempt.objects.count() == before / 3


@pytest.mark.parametrize("address", ["unix:", "", None])
def test_an_address_that_is_none_counts_too(address: str | None) -> None:
    fail("chen", "unix:", 5)
    assert not right("chen", address)
