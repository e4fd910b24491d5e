"""A browser that has signed in before is known by a signed cookie, and gets in beside guessers."""

from http.cookies import Morsel
from typing import Any

import pytest
from django.core import signing
from django.test import Client, override_settings
from time_machine import Traveller

from operators.known_browser import AGE_SECONDS, COOKIE
from operators.models import Operator
from operators.operations.passwords import Attempt, Source, TooManyTriesError
from tests.operators.people import CHEN_PHONE, PASSWORD, person

SIGN_IN = "/sign-in/"
pytestmark = pytest.mark.usefixtures("clock")


def sign_in(client: Client, username: str = "chen", password: str = PASSWORD) -> int:
    fields = {"username": username, "password": password}
    return client.post(SIGN_IN, fields, REMOTE_ADDR="192.0.2.7").status_code


def cookie(client: Client) -> "Morsel[Any]":
    return client.cookies[COOKIE]


def strangers_guess(username: str = "chen", address: str = "192.0.2.7") -> None:
    """Until no unknown browser is let in from there."""
    attempt = Attempt(username, Source(address))
    for _ in range(5):
        attempt.settle(right=False)
    with pytest.raises(TooManyTriesError):
        attempt.require_allowed()


@pytest.fixture
def known(chen: Operator) -> Client:
    """A browser of Chen's that is signed out."""
    client = Client()
    assert sign_in(client) == 302
    client.post("/sign-out/")
    return client


def test_it_gets_in_while_strangers_guess_and_others_do_not(known: Client) -> None:
    strangers_guess()
    assert sign_in(Client()) == 422
    assert sign_in(known) == 302


def test_its_cookie_is_for_the_server_alone_and_names_nobody(known: Client) -> None:
    sent = cookie(known)
    assert (sent["httponly"], sent["samesite"], sent["path"]) == (True, "Strict", "/")
    assert sent["max-age"] == AGE_SECONDS
    assert "chen" not in signing.b64_decode(sent.value.partition(":")[0].encode()).decode("latin1")


@pytest.mark.parametrize("over_tls", [True, False])
def test_over_tls_it_is_sent_over_tls_only(
    client: Client, chen: Operator, *, over_tls: bool
) -> None:
    with override_settings(SESSION_COOKIE_SECURE=over_tls):
        sign_in(client)
    assert bool(cookie(client)["secure"]) == over_tls


def test_no_cookie_comes_with_a_wrong_password(client: Client, chen: Operator) -> None:
    assert sign_in(client, password="wrong") == 422
    assert COOKIE not in client.cookies


def test_the_cookie_of_one_account_is_good_for_no_other(known: Client, mei: Operator) -> None:
    strangers_guess("mei")
    assert sign_in(known, "mei") == 422


def test_accounts_that_share_a_browser_are_all_known(known: Client, mei: Operator) -> None:
    assert sign_in(known, "mei") == 302
    known.post("/sign-out/")
    strangers_guess("chen")
    strangers_guess("mei")
    assert sign_in(known, "mei") == 302
    known.post("/sign-out/")
    assert sign_in(known, "chen") == 302


def test_it_remembers_a_few_accounts_only(known: Client) -> None:
    for number in range(40):
        person(f"name-{number}")
        assert sign_in(known, f"name-{number}") == 302
        known.post("/sign-out/")
    assert len(cookie(known).value) < 1000
    strangers_guess("chen")
    assert sign_in(known, "chen") == 422


def forged(known: Client, value: str) -> Client:
    known.cookies[COOKIE] = value
    return known


@pytest.mark.parametrize("value", ["", "x", "eyJhIjoiYiJ9:1abc:xyz", "é" * 50, "a:b:c"])
def test_a_forged_cookie_is_none(known: Client, value: str) -> None:
    strangers_guess()
    assert sign_in(forged(known, value)) == 422


def test_what_else_this_server_signs_is_none(known: Client) -> None:
    strangers_guess()
    other = signing.dumps({"a": "b"}, salt="something else")
    assert sign_in(forged(known, other)) == 422
    listed = signing.dumps(["a"], salt="operators.known_browser")
    assert sign_in(forged(known, listed)) == 422


def test_it_is_forgotten_after_a_year(known: Client, clock: Traveller) -> None:
    value = cookie(known).value
    clock.shift(AGE_SECONDS + 1)
    strangers_guess()
    assert sign_in(forged(known, value)) == 422


def test_guessing_with_the_cookie_ends_too(known: Client) -> None:
    tries = [sign_in(known, password="wrong") for _ in range(5)]
    assert tries == [422] * 5
    assert sign_in(known) == 422


def test_who_is_signed_in_is_not_kept_from_the_settings(chen: Operator) -> None:
    client = Client()
    sign_in(client)
    Operator.objects.filter(phone=CHEN_PHONE).update(phone="", phone_verified_at=None)
    strangers_guess(address="127.0.0.1")
    response = client.post("/settings/backup-codes/", {"current_password": PASSWORD})
    assert response.status_code == 200
