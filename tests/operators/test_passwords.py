"""Passwords cannot be guessed: limits on wrong tries, per name and address, address, and name."""

from datetime import timedelta

import pytest
from time_machine import Traveller

from operators.models import Operator, SignInAttempt
from operators.operations.passwords import TooManyTriesError, enter, is_right
from tests.operators.people import PASSWORD

HERE = "192.0.2.7"

pytestmark = [pytest.mark.usefixtures("clock"), pytest.mark.django_db]


def fail(username: str, address: str, times: int) -> None:
    for _ in range(times):
        enter(username, address)


def test_the_sixth_try_of_a_name_from_an_address_has_to_wait(clock: Traveller) -> None:
    fail("chen", HERE, 5)
    clock.shift(60)
    with pytest.raises(TooManyTriesError) as caught:
        enter("chen", HERE)
    assert caught.value.text == "Too many wrong passwords. Try again in 14 minutes."
    assert caught.value.retry_after == timedelta(minutes=14)


def test_the_wait_ends(clock: Traveller) -> None:
    fail("chen", HERE, 5)
    clock.shift(timedelta(minutes=15))
    enter("chen", HERE)


def test_knocking_while_locked_out_does_not_prolong_it(clock: Traveller) -> None:
    fail("chen", HERE, 5)
    clock.shift(timedelta(minutes=14))
    for _ in range(20):
        with pytest.raises(TooManyTriesError):
            enter("chen", HERE)
    clock.shift(timedelta(minutes=1))
    enter("chen", HERE)


def test_the_owner_elsewhere_is_not_locked_out() -> None:
    fail("chen", HERE, 5)
    enter("chen", "198.51.100.1")


def test_an_address_that_tries_many_names_has_to_wait() -> None:
    for number in range(20):
        enter(f"name-{number}", HERE)
    with pytest.raises(TooManyTriesError):
        enter("chen", HERE)
    enter("chen", "198.51.100.1")


def test_a_name_tried_from_many_addresses_has_to_wait() -> None:
    for number in range(50):
        enter("chen", f"198.51.100.{number}")
    with pytest.raises(TooManyTriesError):
        enter("CHEN", HERE)
    enter("mei", HERE)


def test_the_addresses_of_one_ipv6_network_count_together() -> None:
    for number in range(5):
        enter("chen", f"2001:db8::{number + 1}")
    with pytest.raises(TooManyTriesError):
        enter("chen", "2001:db8::ffff")
    enter("chen", "2001:db8:0:1::1")


def test_a_right_password_forgives_the_tries_of_its_name_and_address() -> None:
    fail("chen", HERE, 4)
    enter("chen", HERE).forgive()
    fail("chen", HERE, 5)


def test_a_right_password_does_not_forgive_other_names() -> None:
    for number in range(19):
        enter(f"name-{number}", HERE)
    enter("chen", HERE).forgive()
    enter("chen", HERE)
    with pytest.raises(TooManyTriesError):
        enter("chen", HERE)


def test_is_right_counts_only_wrong_ones(chen: Operator) -> None:
    for _ in range(10):
        assert is_right(chen, PASSWORD, HERE)
    for _ in range(5):
        assert not is_right(chen, "wrong", HERE)
    with pytest.raises(TooManyTriesError):
        is_right(chen, PASSWORD, HERE)


def test_neither_name_nor_address_is_stored() -> None:
    enter("chen", HERE)
    keys = " ".join(SignInAttempt.objects.values_list("key", flat=True))
    assert "chen" not in keys
    assert HERE not in keys


def test_old_tries_are_forgotten(clock: Traveller) -> None:
    fail("chen", HERE, 3)
    clock.shift(timedelta(minutes=15))
    enter("mei", HERE)
    assert SignInAttempt.objects.count() == 3


def test_an_address_that_is_none_counts_too() -> None:
    fail("chen", "unix:", 5)
    with pytest.raises(TooManyTriesError):
        enter("chen", "")
