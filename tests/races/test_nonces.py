"""One signed request, sent many times at one moment: one of them is answered."""

from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from typing import Any

import pytest
from django.db import connection

from operators.actor import SHELL
from operators.models import AccessKey, AccessKeyScope, SeenNonce
from operators.operations.access_key_use import note_use, spend_nonce
from operators.operations.access_keys import create_access_key, delete_access_key
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


def test_a_key_that_is_used_all_the_time_can_be_deleted() -> None:
    """Its nonces go before it does, and in between another is spent."""
    key = create_access_key(SHELL, "line", AccessKeyScope.DEVICES)
    with ThreadPoolExecutor(max_workers=1) as pool:
        late: list[Future[bool]] = []

        def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            done = execute(sql, params, many, context)
            if sql.startswith('DELETE FROM "operators_seennonce"'):
                late.append(pool.submit(use))
                wait(late, timeout=0.3)  # it is done by then, unless it has to wait for us
            return done

        def use() -> bool:
            try:
                return spend_nonce(key, "late", START)
            finally:
                connection.close()

        with connection.execute_wrapper(watch):
            delete_access_key(SHELL, key.access_key_id)
        (used,) = late
        assert not used.result()
    assert not AccessKey.objects.exists()
    assert not SeenNonce.objects.exists()
