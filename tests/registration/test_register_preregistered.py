"""Pre-registration: the device asks with authType=register (rules.md 2)."""

import pytest

from devices.models import Device
from devices.operations.authenticate import Admitted
from devices.operations.manage import clear, delete_device, reset, set_enabled, switch
from devices.operations.refusal import Refused
from logs.models import LogEntry
from logs.reasons import Reason
from operators.actor import SHELL
from protocol.client_id import RegistrationMode
from registration.operations.register import SecretIssued
from tests.factories import (
    connect_by_secret,
    issued_client_id,
    issued_secret,
    make_device,
    make_product,
    register_now,
    register_one,
    registration,
)

pytestmark = pytest.mark.django_db
REGISTER = RegistrationMode.REGISTER


def test_an_accepted_request_delivers_the_secret_issued_when_the_device_was_added() -> None:
    device = make_device(make_product(), "lamp-0001")
    assert issued_secret(device.product, "lamp-0001") == device.device_secret


def test_the_device_name_must_exist_first() -> None:
    assert register_one(make_product(), "lamp-0001", REGISTER) == Refused(Reason.DEVICE_NOT_FOUND)
    assert not Device.objects.exists()


def test_before_activation_every_request_gets_the_same_secret() -> None:
    device = make_device(make_product(), "lamp-0001")
    secrets = {issued_secret(device.product, "lamp-0001") for _ in range(3)}
    assert secrets == {device.device_secret}


def test_registration_alone_does_not_activate() -> None:
    device = make_device(make_product(), "lamp-0001")
    issued_secret(device.product, "lamp-0001")
    device.refresh_from_db()
    assert device.activated_at is None
    assert device.registered_at is not None


def test_once_activated_a_further_request_is_refused() -> None:
    device = make_device(make_product(), "lamp-0001")
    connect_by_secret(device)
    assert register_one(device.product, "lamp-0001", REGISTER) == Refused(Reason.ALREADY_ACTIVATED)


def test_an_activated_certificate_gives_no_client_id_either() -> None:
    device = make_device(make_product(), "lamp-0001")
    connect_by_secret(device)
    assert register_one(device.product, "lamp-0001") == Refused(Reason.ALREADY_ACTIVATED)


def test_reset_lets_the_device_register_again_for_the_same_secret() -> None:
    device = make_device(make_product(), "lamp-0001")
    connect_by_secret(device)
    reset(SHELL, device.product.product_key, "lamp-0001")
    assert issued_secret(device.product, "lamp-0001") == device.device_secret


def test_a_connection_after_reset_closes_registration_again() -> None:
    device = make_device(make_product(), "lamp-0001")
    connect_by_secret(device)
    reset(SHELL, device.product.product_key, "lamp-0001")
    connect_by_secret(device)
    assert register_one(device.product, "lamp-0001", REGISTER) == Refused(Reason.ALREADY_ACTIVATED)


def test_a_hardware_swap_issues_a_new_secret() -> None:
    old = make_device(make_product(), "lamp-0001")
    connect_by_secret(old)
    delete_device(SHELL, old.product.product_key, "lamp-0001")
    new = make_device(old.product, "lamp-0001")
    assert issued_secret(old.product, "lamp-0001") == new.device_secret != old.device_secret


def test_a_closed_switch_refuses() -> None:
    device = make_device(make_product(open_registration=False), "lamp-0001")
    refused = register_one(device.product, "lamp-0001", REGISTER)
    assert refused == Refused(Reason.DYNAMIC_REGISTRATION_OFF)


def test_a_disabled_device_is_refused() -> None:
    device = make_device(make_product(), "lamp-0001")
    set_enabled(SHELL, device.product.product_key, "lamp-0001", enabled=False)
    assert register_one(device.product, "lamp-0001", REGISTER) == Refused(Reason.DEVICE_DISABLED)


def test_a_name_closed_by_switch_is_refused() -> None:
    device = make_device(make_product(), "lamp-0001")
    kept = issued_client_id(device.product, "lamp-0001")
    switch(SHELL, device.product.product_key, "lamp-0001", kept.client_id)
    assert register_one(device.product, "lamp-0001", REGISTER) == Refused(
        Reason.REGISTRATION_REFUSED
    )


def test_a_device_that_nobody_added_has_no_certificate_to_hand_out() -> None:
    product = make_product()
    issued_client_id(product, "lamp-0001")
    assert register_one(product, "lamp-0001", REGISTER) == Refused(Reason.DEVICE_NOT_FOUND)


@pytest.mark.parametrize("open_registration", [True, False])
def test_a_wrong_signature_learns_nothing_about_switch_or_device(open_registration: bool) -> None:
    product = make_product(open_registration=open_registration)
    make_device(product, "lamp-0001")
    requests = [
        registration(product, name, REGISTER, key="not the secret")
        for name in ("lamp-0001", "lamp-0002")
    ]
    assert register_now(*requests) == [Refused(Reason.BAD_SIGNATURE)] * 2


def test_an_unknown_product_is_refused() -> None:
    product = make_product()
    request = registration(product, "lamp-0001", REGISTER)
    product.delete()
    assert register_now(request) == [Refused(Reason.PRODUCT_NOT_FOUND)]


def test_the_same_random_is_never_a_reason_to_refuse() -> None:
    device = make_device(make_product(), "lamp-0001")
    request = registration(device.product, "lamp-0001", REGISTER, random="8Ygb7ULYh53B6OA")
    outcomes = [register_now(request)[0] for _ in range(2)]
    assert all(isinstance(outcome, SecretIssued) for outcome in outcomes)


def test_a_batch_answers_each_request_in_its_place() -> None:
    product, closed = make_product(), make_product(open_registration=False)
    known = make_device(product, "lamp-0001")
    make_device(closed, "lamp-0001")
    assert register_now(
        registration(closed, "lamp-0001", REGISTER),
        registration(product, "lamp-0001", REGISTER),
        registration(product, "lamp-0002", REGISTER),
        registration(product, "lamp-0001", REGISTER, key="wrong"),
        registration(product, "lamp-0001", REGISTER),
    ) == [
        Refused(Reason.DYNAMIC_REGISTRATION_OFF),
        SecretIssued(known.device_secret),
        Refused(Reason.DEVICE_NOT_FOUND),
        Refused(Reason.BAD_SIGNATURE),
        SecretIssued(known.device_secret),
    ]


def test_every_attempt_is_logged_with_its_code_and_without_a_secret() -> None:
    device = make_device(make_product(), "lamp-0001")
    register_now(
        registration(device.product, "lamp-0001", REGISTER),
        registration(device.product, "lamp-0001", REGISTER, key="wrong"),
    )
    entries = LogEntry.objects.filter(service_type="registration").order_by("id")
    assert [(e.operation, e.code, e.reason) for e in entries] == [
        ("register", "200", "ok"),
        ("register", "6600", "bad_signature"),
    ]
    everything = repr([list(vars(e).values()) for e in entries])
    assert device.device_secret not in everything
    assert device.product.product_secret not in everything


def test_requests_and_answers_do_not_show_what_is_secret() -> None:
    device = make_device(make_product(), "lamp-0001")
    request = registration(device.product, "lamp-0001", REGISTER)
    [outcome] = register_now(request)
    assert isinstance(outcome, SecretIssued)
    assert request.signature.decode() not in repr(request)
    assert outcome.device_secret not in repr(outcome)


def test_a_secret_that_clear_has_forbidden_is_not_handed_out_until_reset() -> None:
    """Nobody had connected with it yet, so the device is not activated."""
    device = make_device(make_product(), "lamp-0001")
    clear(SHELL, device.product.product_key, "lamp-0001")
    assert register_one(device.product, "lamp-0001", REGISTER) == Refused(Reason.SECRET_BLOCKED)
    reset(SHELL, device.product.product_key, "lamp-0001")
    assert issued_secret(device.product, "lamp-0001") == device.device_secret
    assert isinstance(connect_by_secret(device), Admitted)
