"""A request spends its nonce once, and stamps the key it was signed with."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from common.ops.periodic_tasks import periodic_tasks
from operators.actor import SHELL, Actor
from operators.audit_verify import verify
from operators.models import AccessKey, AccessKeyScope, Operator, SeenNonce
from operators.operations import audit
from operators.operations.access_key_use import (
    NONCE_KEPT,
    api_actor,
    find_access_key,
    note_use,
    prune_nonces,
    spend_nonce,
)
from operators.operations.access_keys import create_access_key, delete_access_key
from tests.operators.people import START

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def key(db: None) -> AccessKey:
    return create_access_key(SHELL, "line", AccessKeyScope.EVERYTHING)


def test_a_key_is_found_with_its_operator_in_one_query(
    chen: Operator, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    made = create_access_key(SHELL, "line", AccessKeyScope.DEVICES, chen)
    with django_assert_num_queries(1):
        found = find_access_key(made.access_key_id)
        assert found
        assert (found.secret, found.operator, found.usable) == (made.secret, chen, True)
    assert find_access_key(made.access_key_id.swapcase()) is None


@pytest.mark.parametrize("nonce", ["n", "", "序列 号", "\ud800", "x" * 10_000])
def test_a_nonce_is_good_once_per_key(key: AccessKey, nonce: str) -> None:
    other = create_access_key(SHELL, "other", AccessKeyScope.READ_ONLY)
    assert spend_nonce(key, nonce, START)
    assert not spend_nonce(key, nonce, START + MINUTE)
    assert spend_nonce(key, nonce + "2", START)
    assert spend_nonce(other, nonce, START)


def test_spending_is_one_insert(
    key: AccessKey, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(3) as asked:  # the savepoint counts
        spend_nonce(key, "n", START)
    assert [each["sql"].split()[0] for each in asked] == ["SAVEPOINT", "INSERT", "RELEASE"]


def test_a_nonce_is_kept_while_its_request_could_be_sent_again(key: AccessKey) -> None:
    spend_nonce(key, "n", START)
    assert timedelta(minutes=30) < NONCE_KEPT
    assert prune_nonces(START + NONCE_KEPT) == 0
    assert not spend_nonce(key, "n", START + NONCE_KEPT)
    assert prune_nonces(START + NONCE_KEPT + timedelta(seconds=1)) == 1
    assert spend_nonce(key, "n", START)


def test_the_worker_forgets_them(key: AccessKey) -> None:
    spend_nonce(key, "n", START)
    [entry] = [entry for entry in periodic_tasks() if entry.name == "spent nonces"]
    entry.run(START + NONCE_KEPT + MINUTE)
    assert not SeenNonce.objects.exists()


def test_the_nonces_go_with_their_key(key: AccessKey) -> None:
    spend_nonce(key, "n", START)
    delete_access_key(SHELL, key.access_key_id)
    assert not SeenNonce.objects.exists()


def test_a_use_is_stamped_at_most_once_a_minute(key: AccessKey) -> None:
    for seconds, address in ((0, "192.0.2.1"), (59, "192.0.2.2"), (61, "2001:DB8::1")):
        note_use(key, START + timedelta(seconds=seconds), address)
        key.refresh_from_db()
        expected = (0, "192.0.2.1") if seconds < 60 else (61, "2001:db8::1")
        assert key.last_used_at == START + timedelta(seconds=expected[0])
        assert key.last_used_address == expected[1]


def test_an_address_that_is_none_is_left_out(key: AccessKey) -> None:
    note_use(key, START, "unix:")
    key.refresh_from_db()
    assert (key.last_used_at, key.last_used_address) == (START, None)


def test_a_use_changes_nothing_else(key: AccessKey) -> None:
    AccessKey.objects.update(enabled=False)
    note_use(key, START, None)
    key.refresh_from_db()
    assert not key.enabled


def test_the_trail_says_with_which_key_and_its_chain_holds(key: AccessKey, chen: Operator) -> None:
    audit.record(SHELL, "x", "y", "100 %")
    by_key = audit.record(api_actor(key, "192.0.2.9"), "x", "y", "100 %")
    named = audit.record(api_actor(key, None), "x", "y", "%(n)s lamps", n=3)
    assert (by_key.text, named.text) == ("100 %", "3 lamps")
    assert by_key.access_key == named.access_key == f"line ({key.access_key_id})"
    assert (by_key.origin, by_key.operator, by_key.address) == ("api", None, "192.0.2.9")
    assert verify().broken is None
    type(by_key).objects.filter(pk=by_key.pk).update(facts={"access_key": "another"})
    assert verify().broken is not None


def test_an_actor_of_the_api_names_its_key(key: AccessKey, chen: Operator) -> None:
    assert str(api_actor(key, None)) == f"API key line ({key.access_key_id})"
    with pytest.raises(ValueError, match="access key"):
        Actor("api", chen)
    with pytest.raises(ValueError, match="access key"):
        Actor("console", chen, access_key="line")
