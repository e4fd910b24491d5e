"""Connections: which credential opens, what the first connection does, one live session."""

from dataclasses import replace
from uuid import UUID

import pytest

from devices.models import ClientBinding, Device, Revocation, Session
from devices.operations.authenticate import Admitted
from devices.operations.manage import clear, delete_device, reset, set_enabled, switch
from devices.operations.refusal import Refused
from logs.models import LogEntry
from logs.reasons import Reason
from operators.actor import SHELL
from products.models import Product
from tests.factories import (
    connect_by_secret,
    connect_by_token,
    connect_now,
    issued_client_id,
    make_device,
    make_product,
    signed_connection,
    token_connection,
)

pytestmark = pytest.mark.django_db
OTHER_LISTENER = UUID(int=2)


def test_the_device_secret_opens_and_the_first_connection_activates() -> None:
    device = make_device(make_product())
    assert connect_by_secret(device) == Admitted(device.pk)
    device.refresh_from_db()
    assert device.activated_at is not None
    first = device.activated_at
    connect_by_secret(device)
    device.refresh_from_db()
    assert device.activated_at == first


def test_the_token_opens_activates_and_claims_its_client_id() -> None:
    product = make_product()
    issued = issued_client_id(product, "lamp-0001")
    assert isinstance(connect_by_token(product, "lamp-0001", issued), Admitted)
    assert Device.objects.get().activated_at is not None
    assert ClientBinding.objects.get().first_connected_at is not None


def test_a_wrong_signature_is_refused_and_changes_nothing() -> None:
    device = make_device(make_product())
    request = signed_connection(device.product.product_key, device.device_name, "not the secret")
    assert connect_now(request) == [Refused(Reason.BAD_CREDENTIAL)]
    device.refresh_from_db()
    assert device.activated_at is None
    assert not Session.objects.exists()


@pytest.mark.parametrize("password", [b"", b"\xff\x00", b"x" * 5000])
def test_a_wrong_token_is_refused_whatever_it_is(password: bytes) -> None:
    product = make_product()
    issued = issued_client_id(product, "lamp-0001")
    request = replace(token_connection(product.product_key, "lamp-0001", issued), password=password)
    assert connect_now(request) == [Refused(Reason.BAD_CREDENTIAL)]


def test_a_token_opens_only_the_device_it_was_issued_for() -> None:
    product = make_product()
    issued = issued_client_id(product, "lamp-0001")
    issued_client_id(product, "lamp-0002")
    assert connect_by_token(product, "lamp-0002", issued) == Refused(Reason.BAD_CREDENTIAL)


def test_unknown_names_are_refused() -> None:
    product = make_product()
    assert connect_now(signed_connection(product.product_key, "lamp-0001", "s")) == [
        Refused(Reason.UNKNOWN_DEVICE)
    ]


def test_a_closed_switch_does_not_affect_activated_devices() -> None:
    product = make_product()
    issued = issued_client_id(product, "lamp-0001")
    connect_by_token(product, "lamp-0001", issued)
    Product.objects.update(dynamic_registration=False)
    assert isinstance(connect_by_token(product, "lamp-0001", issued), Admitted)


def test_a_disabled_device_is_refused_until_enabled() -> None:
    device = make_device(make_product())
    key = device.product.product_key
    set_enabled(SHELL, key, device.device_name, enabled=False)
    assert connect_by_secret(device) == Refused(Reason.DEVICE_DISABLED)
    set_enabled(SHELL, key, device.device_name, enabled=True)
    assert connect_by_secret(device) == Admitted(device.pk)


def test_a_deleted_device_is_dead_at_once() -> None:
    device = make_device(make_product())
    delete_device(SHELL, device.product.product_key, device.device_name)
    assert connect_by_secret(device) == Refused(Reason.UNKNOWN_DEVICE)


def test_after_switch_only_the_kept_client_id_opens() -> None:
    product = make_product()
    kept, other = (issued_client_id(product, "lamp-0001") for _ in range(2))
    switch(SHELL, product.product_key, "lamp-0001", kept.client_id)
    assert connect_by_token(product, "lamp-0001", other) == Refused(Reason.CLIENT_ID_VOID)
    assert isinstance(connect_by_token(product, "lamp-0001", kept), Admitted)


def test_after_clear_nothing_opens() -> None:
    product = make_product()
    issued = [issued_client_id(product, "lamp-0001") for _ in range(2)]
    clear(SHELL, product.product_key, "lamp-0001")
    outcomes = [connect_by_token(product, "lamp-0001", i) for i in issued]
    assert outcomes == [Refused(Reason.CLIENT_ID_VOID)] * 2


def test_clear_and_switch_forbid_the_device_secret_too_until_reset() -> None:
    device = make_device(make_product(), "lamp-0001")
    issued_client_id(device.product, "lamp-0001")
    clear(SHELL, device.product.product_key, "lamp-0001")
    assert connect_by_secret(device) == Refused(Reason.SECRET_BLOCKED)
    reset(SHELL, device.product.product_key, "lamp-0001")
    assert connect_by_secret(device) == Admitted(device.pk)


def test_one_live_session_per_device_the_newest() -> None:
    product = make_product()
    one, two = (issued_client_id(product, "lamp-0001") for _ in range(2))
    connect_by_token(product, "lamp-0001", one)
    connect_by_token(product, "lamp-0001", two)
    assert Session.objects.get(ended_at__isnull=True).client_id == two.client_id
    connect_by_token(product, "lamp-0001", one)
    assert Session.objects.get(ended_at__isnull=True).client_id == one.client_id
    assert Session.objects.count() == 2


def test_a_session_on_another_listener_is_revoked_there() -> None:
    device = make_device(make_product())
    connect_by_secret(device)
    request = signed_connection(
        device.product.product_key,
        device.device_name,
        device.device_secret,
        listener=OTHER_LISTENER,
    )
    connect_now(request)
    revocation = Revocation.objects.get()
    assert (revocation.device_id, revocation.reason) == (device.pk, "takeover")
    assert revocation.keep_trace_id == request.trace_id


def test_a_session_on_the_same_listener_needs_no_revocation() -> None:
    device = make_device(make_product())
    connect_by_secret(device)
    connect_by_secret(device)
    assert not Revocation.objects.exists()


def test_a_refused_attempt_ends_no_session() -> None:
    device = make_device(make_product())
    connect_by_secret(device)
    connect_now(signed_connection(device.product.product_key, device.device_name, "wrong"))
    assert Session.objects.filter(ended_at__isnull=True).count() == 1


def test_of_two_requests_for_one_device_in_a_batch_the_later_stays() -> None:
    device = make_device(make_product())
    requests = [
        signed_connection(device.product.product_key, device.device_name, device.device_secret)
        for _ in range(2)
    ]
    assert connect_now(*requests) == [Admitted(device.pk)] * 2
    assert Session.objects.get().trace_id == requests[1].trace_id


def test_the_same_name_under_another_product_is_another_device() -> None:
    one, two = make_device(make_product(), "lamp-0001"), make_device(make_product(), "lamp-0001")
    request = signed_connection(two.product.product_key, "lamp-0001", one.device_secret)
    assert connect_now(request) == [Refused(Reason.BAD_CREDENTIAL)]
    assert connect_by_secret(two) == Admitted(two.pk)


def test_every_attempt_is_logged_without_its_credential() -> None:
    product = make_product()
    issued = issued_client_id(product, "lamp-0001")
    request = token_connection(product.product_key, "lamp-0001", issued)
    connect_now(request, replace(request, password=b"wrong-token-wrong-token"))
    entries = LogEntry.objects.filter(operation="online").order_by("id")
    told = [(e.code, e.reason) for e in entries]
    assert told == [("200", "activated"), ("6600", "bad_credential")]
    everything = repr([list(vars(e).values()) for e in entries])
    assert issued.device_token not in everything
    assert "wrong-token" not in everything
    assert issued.device_token not in repr(request)


def test_a_batch_needs_the_same_few_statements_as_one_request(
    django_assert_num_queries: pytest.FixtureRequest,
) -> None:
    devices = [make_device(make_product()) for _ in range(20)]
    requests = [
        signed_connection(d.product.product_key, d.device_name, d.device_secret) for d in devices
    ]
    # Transaction, products, devices, their locks, revocations, activation, live sessions, session
    # upsert, log.
    with django_assert_num_queries(10, exact=False):  # type: ignore[operator]
        connect_now(*requests)


def test_of_a_devices_revocations_those_after_its_admission_have_higher_ids() -> None:
    """The ids settle the race between a CONNECT and Switch, Clear, Disable or a takeover."""
    device = make_device(make_product())
    clear(SHELL, device.product.product_key, device.device_name)
    reset(SHELL, device.product.product_key, device.device_name)
    before = Revocation.objects.latest("pk")
    outcome = connect_by_secret(device)
    assert isinstance(outcome, Admitted)
    assert outcome.revoked_up_to == before.pk
    clear(SHELL, device.product.product_key, device.device_name)
    assert Revocation.objects.latest("pk").pk > outcome.revoked_up_to


def test_the_log_tells_the_connection_that_activates_from_later_ones() -> None:
    product = make_product()
    issued = issued_client_id(product, "lamp-0001")
    first = token_connection(product.product_key, "lamp-0001", issued)
    connect_now(first, replace(first, trace_id="0000000000000002"))
    connect_now(replace(first, trace_id="0000000000000003"))
    reasons = LogEntry.objects.filter(operation="online").order_by("id")
    assert sorted(reasons.values_list("reason", flat=True)) == ["activated", "online", "online"]
