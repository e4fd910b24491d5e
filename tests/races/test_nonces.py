"""One signed request, sent many times at one moment: one of them is answered."""

from functools import partial

import pytest

from operators.actor import SHELL
from operators.models import AccessKeyScope
from operators.operations.access_key_use import note_use, spend_nonce
from operators.operations.access_keys import create_access_key
from tests.operators.people import START
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_of_fifty_gets_the_nonce() -> None:
    key = create_access_key(SHELL, "line", AccessKeyScope.DEVICES)

    def sent(nonce: str) -> bool:
        spent = spend_nonce(key, nonce, START)
        note_use(key, START, "192.0.2.1")
        return spent

    assert sum(at_once(*[partial(sent, "n")] * 50)) == 1
    assert sum(at_once(*(partial(sent, f"n{n}") for n in range(10)))) == 10
