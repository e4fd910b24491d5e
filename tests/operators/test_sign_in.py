"""Signing in and out."""

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from operators.models import AuditEntry, Operator
from tests.operators.people import PASSWORD

SIGN_IN = "/sign-in/"


def sign_in(client: Client, password: str = PASSWORD, **fields: str) -> int:
    response = client.post(SIGN_IN, {"username": "chen", "password": password, **fields})
    return response.status_code


def test_a_page_behind_the_sign_in_leads_there_and_back(client: Client, chen: Operator) -> None:
    response = client.get("/audit/?target=operator/chen")
    assert response["Location"] == "/sign-in/?next=/audit/%3Ftarget%3Doperator/chen"
    page = client.get(response["Location"])
    assert 'name="next" value="/audit/?target=operator/chen"' in page.content.decode()
    response = client.post(
        SIGN_IN,
        {"username": "chen", "password": PASSWORD, "next": "/audit/?target=operator/chen"},
    )
    assert response["Location"] == "/audit/?target=operator/chen"


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
@override_settings(LOGIN_REDIRECT_URL="operators:settings")
def test_it_never_leads_to_another_host(client: Client, chen: Operator, url: str) -> None:
    response = client.post(SIGN_IN, {"username": "chen", "password": PASSWORD, "next": url})
    assert response["Location"] == reverse("operators:settings")


def test_a_wrong_password_keeps_the_name_and_does_not_say_which_was_wrong(
    client: Client, chen: Operator
) -> None:
    pages = []
    for username in ("chen", "nobody"):
        response = client.post(SIGN_IN, {"username": username, "password": "wrong"})
        assert response.status_code == 422
        assert f'value="{username}"' in response.content.decode()
        pages.append("Username or password is wrong." in response.content.decode())
    assert pages == [True, True]
    assert "_auth_user_id" not in client.session


def test_an_inactive_account_does_not_get_in(client: Client, chen: Operator) -> None:
    Operator.objects.update(is_active=False)
    assert sign_in(client) == 422


@override_settings(LOGIN_REDIRECT_URL="operators:settings")
def test_after_five_wrong_passwords_even_the_right_one_has_to_wait(
    client: Client, chen: Operator
) -> None:
    for _ in range(5):
        assert sign_in(client, "wrong") == 422
    response = client.post(SIGN_IN, {"username": "chen", "password": PASSWORD})
    assert response.status_code == 422
    assert "Too many wrong passwords. Try again in 15 minutes." in response.content.decode()


@override_settings(LOGIN_REDIRECT_URL="operators:settings")
def test_signing_in_often_is_not_a_failure(client: Client, chen: Operator) -> None:
    for _ in range(12):
        assert sign_in(client) == 302
        client.logout()


@override_settings(LOGIN_REDIRECT_URL="operators:settings")
def test_the_session_key_changes_with_signing_in(client: Client, chen: Operator) -> None:
    session = client.session
    session["anything"] = 1
    session.save()
    before = client.session.session_key
    sign_in(client)
    assert client.session.session_key != before


@override_settings(LOGIN_REDIRECT_URL="operators:settings")
def test_who_is_signed_in_is_led_on(client: Client, chen: Operator) -> None:
    client.force_login(chen)
    assert client.get(SIGN_IN)["Location"] == reverse("operators:settings")


@override_settings(LOGIN_REDIRECT_URL="operators:settings")
def test_signing_in_and_out_are_audited_with_the_address(client: Client, chen: Operator) -> None:
    sign_in(client)
    client.post("/sign-out/")
    entries = AuditEntry.objects.order_by("id")
    assert [entry.act for entry in entries] == ["operator.sign_in", "operator.sign_out"]
    assert {(entry.operator, entry.address) for entry in entries} == {(chen, "127.0.0.1")}


def test_signing_out_ends_the_session(client: Client, chen: Operator) -> None:
    client.force_login(chen)
    assert client.post("/sign-out/")["Location"] == SIGN_IN
    assert client.get("/audit/").status_code == 302


def test_a_link_cannot_sign_anybody_out(client: Client, chen: Operator) -> None:
    client.force_login(chen)
    assert client.get("/sign-out/").status_code == 405
    assert client.get("/audit/").status_code == 200


@pytest.mark.django_db
def test_the_forms_refuse_a_post_from_elsewhere() -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(SIGN_IN, {"username": "chen", "password": PASSWORD}).status_code == 403
