"""One signed request, sent many times at one moment: one of them is answered."""

from functools import partial

import pytest

from operators.actor import SHELL
from operators.models import AccessKey, AccessKeyScope, SeenNonce
from operators.operations.access_key_use import note_use, spend_nonce
from operators.operations.access_keys import create_access_key, delete_access_key
from tests.operators.people import START
from tests.threads import at_once, right_after

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_of_fifty_gets_the_nonce() -> None:
    key = create_access_key(SHELL, "line", AccessKeyScope.DEVICES)

    def sent(nonce: str) -> bool:
        spent = spend_nonce(key, nonce, START)
        note_use(key, START, "192.0.2.1")
        return spent

    assert sum(at_once(*[partial(sent, "n")] * 50)) == 1
    assert sum(at_once(*(partial(sent, f"n{n}") for n in range(10)))) == 10


def test_a_key_that_is_used_all_the_time_can_be_deleted() -> None:
    """Its nonces go before it does, and in between another is spent."""
    key = create_access_key(SHELL, "line", AccessKeyScope.DEVICES)
    deletion = 'DELETE FROM "operators_seennonce"'
    with right_after(deletion, lambda: spend_nonce(key, "late", START)) as used:
        delete_access_key(SHELL, key.access_key_id)
    assert [each.result() for each in used] == [False]
    assert not AccessKey.objects.exists()
    assert not SeenNonce.objects.exists()
