"""Connections: what is proven before a device is locked, and what may change in between."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from devices.models import Device
from devices.operations import authenticate
from devices.operations.authenticate import ConnectionRequest
from devices.operations.credential_check import Proven, prove
from devices.operations.manage import clear, delete_device, set_enabled
from devices.operations.refusal import Refused
from logs.reasons import Reason
from operators.actor import SHELL
from tests.factories import (
    connect_now,
    issued_client_id,
    make_device,
    make_product,
    signed_connection,
    token_connection,
)
from tests.statements import without_values

pytestmark = pytest.mark.django_db
Act = Callable[[str, str], object]


def statements(request: ConnectionRequest) -> list[str]:
    """The SQL run before `request` is refused, without the values looked up.

    The statements only read. They write and lock nothing; PostgreSQL would write locks to disk.
    """
    with CaptureQueriesContext(connection) as asked:
        assert isinstance(connect_now(replace(request, log_later=True))[0], Refused)
    for query in asked:
        assert not any(word in query["sql"] for word in ("UPDATE", "INSERT", "DELETE"))
    return [without_values(query["sql"]) for query in asked]


def test_of_signatures_the_same_is_asked_whatever_they_name_and_nothing_is_locked() -> None:
    device = make_device(make_product())
    key, name = device.product.product_key, device.device_name
    statements(signed_connection(key, "lamp-0000", "not the secret"))  # chooses decoys
    wrong = statements(signed_connection(key, name, "not the secret"))
    assert wrong == statements(signed_connection(key, "lamp-0000", "not the secret"))
    assert wrong == statements(signed_connection("a1b2c3d4e5f", name, "not the secret"))


def test_of_tokens_the_same_is_asked_whatever_they_name_and_nothing_is_locked() -> None:
    product = make_product()
    issued = issued_client_id(product, "lamp-0001")
    wrong = replace(issued, device_token="x" * 32)
    unknown = replace(wrong, client_id="y" * 28)
    statements(token_connection(product.product_key, "lamp-0000", unknown))  # chooses decoys
    refused = statements(token_connection(product.product_key, "lamp-0001", wrong))
    assert refused == statements(token_connection(product.product_key, "lamp-0001", unknown))
    assert refused == statements(token_connection(product.product_key, "lamp-0000", wrong))
    assert refused == statements(token_connection("a1b2c3d4e5f", "lamp-0001", wrong))


@pytest.fixture
def in_between(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Does something when credentials have been proven and nothing is locked yet."""

    def install(act: Callable[[], object]) -> None:
        def proving(requests: Sequence[ConnectionRequest]) -> list[Proven | Refused]:
            proofs = prove(requests)
            act()
            return proofs

        monkeypatch.setattr(authenticate, "prove", proving)

    return install


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (partial(delete_device, SHELL), "unknown_device"),
        (partial(clear, SHELL), "secret_blocked"),
        (partial(set_enabled, SHELL, enabled=False), "device_disabled"),
    ],
)
def test_an_act_after_the_proof_of_a_signature_counts(
    in_between: Callable[[Callable[[], object]], None], act: Act, reason: str
) -> None:
    device = make_device(make_product())
    key, name = device.product.product_key, device.device_name
    in_between(lambda: act(key, name))
    assert connect_now(signed_connection(key, name, device.device_secret)) == [
        Refused(Reason(reason))
    ]
    assert not Device.objects.filter(activated_at__isnull=False).exists()


@pytest.mark.parametrize(
    ("act", "reason"),
    [(partial(delete_device, SHELL), "unknown_device"), (partial(clear, SHELL), "client_id_void")],
)
def test_an_act_after_the_proof_of_a_token_counts(
    in_between: Callable[[Callable[[], object]], None], act: Act, reason: str
) -> None:
    product = make_product()
    issued = issued_client_id(product, "lamp-0001")
    in_between(lambda: act(product.product_key, "lamp-0001"))
    request = token_connection(product.product_key, "lamp-0001", issued)
    assert connect_now(request) == [Refused(Reason(reason))]
    assert not Device.objects.filter(activated_at__isnull=False).exists()
