"""Registrations of one name or product at the same time, each in a transaction of its own."""

from collections import Counter
from functools import partial

import pytest

from common.errors import ConflictError
from devices.models import ClientBinding, Device
from devices.operations.add import add_device
from devices.operations.authenticate import Admitted
from devices.operations.manage import switch
from devices.operations.refusal import Refused
from logs.models import LogEntry
from logs.reasons import Reason
from operators.actor import SHELL
from operators.confirmation import Confirmed
from protocol.client_id import RegistrationMode
from registration.operations.client_id_slots import ClientIdIssued
from registration.operations.dynamic_registration import purpose_of, set_dynamic_registration
from registration.operations.register import Outcome, SecretIssued
from tests.factories import (
    connect_by_secret,
    connect_by_token,
    issued_client_id,
    make_device,
    make_product,
    register_one,
)
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
REGISTER = RegistrationMode.REGISTER


def test_200_parallel_regnwl_requests_for_one_name_leave_five_live_tokens() -> None:
    product = make_product()
    outcomes = at_once(*[partial(register_one, product, "lamp-0001")] * 200)
    issued = [outcome for outcome in outcomes if isinstance(outcome, ClientIdIssued)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    assert refused == [Refused(Reason.CLIENT_ID_LIMIT)] * 195
    live = ClientBinding.objects.filter(voided_at__isnull=True)
    assert {b.client_id for b in live} == {i.client_id for i in issued}
    assert live.count() == 5
    assert Device.objects.count() == 1
    for one in issued:
        assert isinstance(connect_by_token(product, "lamp-0001", one), Admitted)


def test_200_parallel_register_requests_deliver_one_device_secret() -> None:
    device = make_device(make_product(), "lamp-0001")
    outcomes = at_once(*[partial(register_one, device.product, "lamp-0001", REGISTER)] * 200)
    assert outcomes == [SecretIssued(device.device_secret)] * 200


def test_activation_among_parallel_register_requests_ends_them() -> None:
    device = make_device(make_product(), "lamp-0001")
    ask = partial(register_one, device.product, "lamp-0001", REGISTER)
    at_once(*[ask] * 20, partial(connect_by_secret, device), *[ask] * 20)
    activation = LogEntry.objects.get(operation="online").pk
    later = LogEntry.objects.filter(operation="register", pk__gt=activation)
    assert not later.filter(code="200").exists()
    assert ask() == Refused(Reason.ALREADY_ACTIVATED)


def test_a_switch_turned_off_is_never_followed_by_an_issued_secret() -> None:
    product = make_product()
    make_device(product, "lamp-0001")
    off = Confirmed.by_shell(purpose_of(product, enabled=False))

    def turn_off() -> Outcome:
        set_dynamic_registration(product, enabled=False, confirmed=off)
        return register_one(product, "lamp-0001", REGISTER)

    asks = [partial(register_one, product, f"lamp-{n:04}") for n in range(60)]
    asks += [partial(register_one, product, "lamp-0001", REGISTER)] * 60
    outcomes = at_once(*asks[::2], turn_off, *asks[1::2])
    assert outcomes[60] == Refused(Reason.DYNAMIC_REGISTRATION_OFF)
    # Log entries are numbered while the product's row is held, so their order is the real one.
    turned_off = LogEntry.objects.get(operation="dynamic_registration_off").pk
    issued = LogEntry.objects.filter(service_type="registration", code="200")
    assert not issued.filter(pk__gt=turned_off).exists()
    served = sum(not isinstance(outcome, Refused) for outcome in outcomes)
    assert issued.count() == served


def test_switch_among_parallel_registrations_leaves_one_client_id() -> None:
    product = make_product()
    kept = issued_client_id(product, "lamp-0001")
    keep = partial(switch, SHELL, product.product_key, "lamp-0001", kept.client_id)
    at_once(*[partial(register_one, product, "lamp-0001")] * 30, keep)
    live = ClientBinding.objects.filter(voided_at__isnull=True)
    assert [b.client_id for b in live] == [kept.client_id]


def test_an_operator_and_a_device_may_create_the_same_name_at_the_same_time() -> None:
    product = make_product()

    def add() -> Outcome:
        try:
            add_device(SHELL, product.product_key, "lamp-0001")
        except ConflictError:
            return Refused(Reason.SERVER_ERROR)
        return SecretIssued("")

    outcomes = at_once(*[partial(register_one, product, "lamp-0001")] * 5, add)
    kinds = Counter(type(outcome) for outcome in outcomes[:5])
    assert kinds == {ClientIdIssued: 5}
    assert Device.objects.count() == 1


def test_parallel_batches_over_the_same_names_do_not_deadlock() -> None:
    products = [make_product() for _ in range(2)]
    asks = [
        partial(register_one, product, f"lamp-{n:04}") for n in range(10) for product in products
    ]
    outcomes = at_once(*asks, *reversed(asks))
    assert all(isinstance(outcome, ClientIdIssued) for outcome in outcomes)
