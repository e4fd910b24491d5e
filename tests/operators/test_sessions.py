"""Where an account is signed in: shown, and ended one by one or together."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from operators.models import AuditEntry, Operator, Role, SignedIn
from operators.session_middleware import SEEN_EVERY_SECONDS, browser_of
from tests.console.dom import text, tree
from tests.console.fixtures import confirmed
from tests.operators.people import PASSWORD, person

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36"
)


def signed_in(operator: Operator, agent: str = FIREFOX, address: str = "192.0.2.7") -> Client:
    """A browser in which the operator has typed name and password."""
    client = Client(headers={"User-Agent": agent}, REMOTE_ADDR=address)
    form = {"username": operator.username, "password": PASSWORD}
    assert client.post("/sign-in/", form).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/settings/phone/").status_code == 200


def row(address: str) -> SignedIn:
    return SignedIn.objects.get(address=address)


def test_every_session_is_listed_by_what_its_owner_recognises(chen: Operator) -> None:
    here = signed_in(chen)
    signed_in(chen, CHROME, "192.0.2.8")
    response = here.get("/settings/sessions/")
    shown = text(tree(response))
    assert "Firefox on Linux this one 192.0.2.7" in shown
    assert "Chrome on Windows 192.0.2.8" in shown
    for each in SignedIn.objects.all():
        assert each.session_key not in response.content.decode()
        assert each.session_key not in f"{each!r} {each}"


def test_one_session_is_signed_out(chen: Operator) -> None:
    here, there = signed_in(chen), signed_in(chen, address="192.0.2.8")
    here.post(f"/settings/sessions/{row('192.0.2.8').pk}/end/")
    assert (is_in(here), is_in(there)) == (True, False)
    assert AuditEntry.objects.get(act="session.end").facts == {"address": "192.0.2.8"}


def test_all_others_are_signed_out_and_this_one_goes_on(chen: Operator) -> None:
    here, there = signed_in(chen), signed_in(chen, address="192.0.2.8")
    unlisted = Client()
    unlisted.force_login(chen)
    SignedIn.objects.exclude(address__startswith="192.0.2.").delete()
    here.post("/settings/sessions/end-others/")
    assert (is_in(here), is_in(there), is_in(unlisted)) == (True, False, False)
    assert "this one" in text(tree(here.get("/settings/sessions/")))
    assert SignedIn.objects.filter(operator=chen).count() == 1


def test_nobody_ends_the_session_of_another(chen: Operator, mei: Operator) -> None:
    here, there = signed_in(chen), signed_in(mei, address="192.0.2.8")
    here.post(f"/settings/sessions/{row('192.0.2.8').pk}/end/")
    url = f"/settings/accounts/{mei.pk}/sessions/{row('192.0.2.8').pk}/end/"
    assert here.post(url).status_code == 403
    assert is_in(there)


def test_an_administrator_ends_one_of_somebody_else(chen: Operator) -> None:
    root = signed_in(person("root", role=Role.ADMIN))
    there = signed_in(chen, address="192.0.2.8")
    key = row("192.0.2.8").pk
    assert "Firefox on Linux" in text(tree(root.get(f"/settings/accounts/{chen.pk}/")))
    root.post(f"/settings/accounts/{chen.pk}/sessions/{key}/end/")
    assert not is_in(there)
    assert AuditEntry.objects.get(act="session.end").target == chen.target


def test_a_new_password_ends_the_others_and_keeps_this_one_listed(chen: Operator) -> None:
    here, there = signed_in(chen), signed_in(chen, address="192.0.2.8")
    new = {"new_password1": "a wholly new one", "new_password2": "a wholly new one"}
    confirmed(here, chen).post("/settings/password/", {"old_password": PASSWORD, **new})
    assert (is_in(here), is_in(there)) == (True, False)
    assert "this one" in text(tree(here.get("/settings/sessions/")))


def test_a_session_that_was_left_is_not_listed(chen: Operator) -> None:
    here, there = signed_in(chen), signed_in(chen, address="192.0.2.8")
    there.post("/sign-out/")
    assert "192.0.2.8" not in text(tree(here.get("/settings/sessions/")))


def test_last_seen_moves_but_not_at_every_request(
    chen: Operator, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        here = signed_in(chen)
        with django_assert_num_queries(2):  # session, operator
            here.get("/settings/preferences/")
        clock.shift(timedelta(seconds=SEEN_EVERY_SECONDS))
        is_in(here)
        assert row("192.0.2.7").seen_at == start + timedelta(seconds=SEEN_EVERY_SECONDS)
        with django_assert_num_queries(2):
            here.get("/settings/preferences/")


@pytest.mark.parametrize(
    ("agent", "known"),
    [
        (FIREFOX, ("Firefox", "Linux")),
        (CHROME, ("Chrome", "Windows")),
        (f"{CHROME} Edg/126.0", ("Edge", "Windows")),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5) Safari/604.1",
            ("Safari", "iPhone"),
        ),
        ("curl/8.5", ("", "")),
        ("", ("", "")),
    ],
)
def test_browsers_have_the_names_people_know(agent: str, known: tuple[str, str]) -> None:
    assert browser_of(agent) == known
