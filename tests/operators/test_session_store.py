"""Web sessions: what stands in the table opens nothing."""

from datetime import timedelta

import pytest
import time_machine
from asgiref.sync import async_to_sync
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from operators.models import Operator, SignedIn
from operators.session_store import SessionStore, digest_of
from tests.operators.people import PASSWORD

pytestmark = pytest.mark.django_db


def test_the_table_holds_a_digest_of_the_key_in_the_cookie(client: Client, chen: Operator) -> None:
    client.post("/sign-in/", {"username": "chen", "password": PASSWORD})
    key = client.cookies["sessionid"].value
    row = Session.objects.get()
    assert row.session_key == digest_of(key) == SignedIn.objects.get().session_key
    assert key not in str(SessionStore(key).load())


def test_whoever_sends_what_the_table_holds_is_not_signed_in(
    client: Client, chen: Operator
) -> None:
    client.force_login(chen)
    client.cookies["sessionid"] = Session.objects.get().session_key
    assert client.get("/products/").status_code == 302


def test_a_session_is_kept_changed_and_removed() -> None:
    store = SessionStore()
    store["colour"] = "green"
    store.save()
    key = store.session_key
    again = SessionStore(key)
    assert again["colour"] == "green"
    again["colour"] = "red"
    again.save()
    assert SessionStore(key)["colour"] == "red"
    assert Session.objects.count() == 1
    SessionStore(key).flush()
    assert not Session.objects.exists()


def test_a_session_that_gets_another_key_leaves_nothing_under_the_old_one() -> None:
    store = SessionStore()
    store["colour"] = "green"
    store.save()
    before = str(store.session_key)
    store.cycle_key()
    store.save()
    assert not SessionStore().exists(before)
    assert SessionStore(store.session_key)["colour"] == "green"


def test_an_expired_session_is_none(chen: Operator) -> None:
    client = Client()
    client.force_login(chen)
    with time_machine.travel(timezone.now() + timedelta(days=15)):
        assert client.get("/products/").status_code == 302


def test_the_ways_in_for_coroutines_write_no_key_either() -> None:
    async def story() -> tuple[str, str]:
        store = SessionStore()
        await store.aset("colour", "green")
        await store.asave()
        kept = str((await SessionStore(store.session_key).aload())["colour"])
        assert await store.aexists(str(store.session_key))
        return str(store.session_key), kept

    key, kept = async_to_sync(story)()
    assert kept == "green"
    assert Session.objects.get().session_key == digest_of(key)
    async_to_sync(SessionStore(key).adelete)()
    assert not Session.objects.exists()
