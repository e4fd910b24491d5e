"""Preregistration-free: the device asks with authType=regnwl (rules.md 3)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from devices.credentials import token_digest
from devices.models import ClientBinding, Device, VoidReason
from devices.operations.authenticate import Admitted
from devices.operations.manage import allow_registration, clear, set_enabled, switch
from devices.operations.refusal import Refused
from logs.models import LogEntry
from logs.reasons import Reason
from operators.actor import SHELL
from registration.operations.client_id_slots import ClientIdIssued
from tests.factories import (
    connect_by_token,
    issued_client_id,
    make_device,
    make_product,
    register_now,
    register_one,
    registration,
)

pytestmark = pytest.mark.django_db


def live_client_ids() -> int:
    return ClientBinding.objects.filter(voided_at__isnull=True).count()


def test_the_device_is_created_on_its_first_accepted_request() -> None:
    product = make_product()
    issued_client_id(product, "898600001234")
    device = Device.objects.get()
    assert (device.device_name, device.preregistered) == ("898600001234", False)
    assert device.activated_at is None


def test_a_refused_request_creates_nothing() -> None:
    product = make_product(open_registration=False)
    assert register_one(product, "lamp-0001") == Refused(Reason.DYNAMIC_REGISTRATION_OFF)
    assert register_now(registration(product, "lamp-0001", key="wrong")) == [
        Refused(Reason.BAD_SIGNATURE)
    ]
    assert not Device.objects.exists()


def test_a_device_that_an_operator_added_may_register_this_way_too() -> None:
    device = make_device(make_product(), "lamp-0001")
    issued_client_id(device.product, "lamp-0001")
    assert Device.objects.get().preregistered


def test_each_request_gets_a_client_id_and_token_of_its_own() -> None:
    product = make_product()
    issued = [issued_client_id(product, "lamp-0001") for _ in range(5)]
    assert len({i.client_id for i in issued}) == len({i.device_token for i in issued}) == 5


def test_a_token_is_stored_only_as_its_hash() -> None:
    issued = issued_client_id(make_product(), "lamp-0001")
    binding = ClientBinding.objects.get()
    assert binding.token_digest == token_digest(issued.device_token) != issued.device_token
    assert issued.device_token not in repr(issued)


def test_the_sixth_client_id_is_refused_and_logged() -> None:
    product = make_product()
    for _ in range(5):
        issued_client_id(product, "lamp-0001")
    assert register_one(product, "lamp-0001") == Refused(Reason.CLIENT_ID_LIMIT)
    assert live_client_ids() == 5
    assert LogEntry.objects.filter(reason="client_id_limit", device_name="lamp-0001").count() == 1


def test_the_limit_is_per_device_name() -> None:
    product = make_product()
    for _ in range(5):
        issued_client_id(product, "lamp-0001")
    issued_client_id(product, "lamp-0002")


def test_six_requests_in_one_batch_leave_five_tokens() -> None:
    product = make_product()
    outcomes = register_now(*[registration(product, "lamp-0001") for _ in range(6)])
    assert [isinstance(o, ClientIdIssued) for o in outcomes] == [True] * 5 + [False]
    assert live_client_ids() == 5


def test_the_oldest_client_id_unclaimed_for_ten_minutes_gives_its_slot() -> None:
    product, now = make_product(), timezone.now()
    old = [
        issued_client_id(product, "lamp-0001", now=now - timedelta(minutes=20 - n))
        for n in range(5)
    ]
    connect_by_token(product, "lamp-0001", old[0])
    sixth = issued_client_id(product, "lamp-0001", now=now)
    assert sixth.voided_client_id == old[1].client_id
    voided = ClientBinding.objects.get(client_id=old[1].client_id)
    assert voided.void_reason == VoidReason.RECLAIMED
    assert live_client_ids() == 5
    assert connect_by_token(product, "lamp-0001", old[1]) == Refused(Reason.CLIENT_ID_VOID)
    assert isinstance(connect_by_token(product, "lamp-0001", sixth), Admitted)
    assert LogEntry.objects.get(reason="slot_reclaimed").detail["voided"] == old[1].client_id


def test_a_client_id_unclaimed_for_less_keeps_its_slot() -> None:
    product, now = make_product(), timezone.now()
    for _ in range(5):
        issued_client_id(product, "lamp-0001", now=now - timedelta(minutes=9))
    assert register_one(product, "lamp-0001", now=now) == Refused(Reason.CLIENT_ID_LIMIT)


def test_a_client_id_that_has_connected_never_gives_way() -> None:
    product, now = make_product(), timezone.now()
    for _ in range(5):
        issued = issued_client_id(product, "lamp-0001", now=now - timedelta(days=9))
        connect_by_token(product, "lamp-0001", issued)
    assert register_one(product, "lamp-0001", now=now) == Refused(Reason.CLIENT_ID_LIMIT)


def test_after_activation_further_physical_devices_may_register() -> None:
    product = make_product()
    first = issued_client_id(product, "lamp-0001")
    connect_by_token(product, "lamp-0001", first)
    issued_client_id(product, "lamp-0001")


def test_after_switch_registration_is_refused_until_allowed() -> None:
    product = make_product()
    kept = issued_client_id(product, "lamp-0001")
    switch(SHELL, product.product_key, "lamp-0001", kept.client_id)
    assert register_one(product, "lamp-0001") == Refused(Reason.REGISTRATION_REFUSED)
    allow_registration(SHELL, product.product_key, "lamp-0001")
    issued_client_id(product, "lamp-0001")


def test_after_clear_registering_again_is_possible() -> None:
    product = make_product()
    issued_client_id(product, "lamp-0001")
    clear(SHELL, product.product_key, "lamp-0001")
    issued_client_id(product, "lamp-0001")


def test_after_clear_with_refusal_it_is_not() -> None:
    product = make_product()
    issued_client_id(product, "lamp-0001")
    clear(SHELL, product.product_key, "lamp-0001", refuse_registration=True)
    assert register_one(product, "lamp-0001") == Refused(Reason.REGISTRATION_REFUSED)


def test_a_disabled_device_gets_no_further_client_id() -> None:
    product = make_product()
    issued_client_id(product, "lamp-0001")
    set_enabled(SHELL, product.product_key, "lamp-0001", enabled=False)
    assert register_one(product, "lamp-0001") == Refused(Reason.DEVICE_DISABLED)
