"""`manage.py device ACTION PRODUCT_KEY DEVICE_NAME`."""

import pytest
from django.core.management.base import CommandError

from devices.models import Device, DeviceState
from tests.factories import (
    connect_by_token,
    issued_client_id,
    issued_secret,
    make_device,
    make_product,
)
from tests.shell import answer, failure, words

pytestmark = pytest.mark.django_db


def test_show_tells_state_and_times() -> None:
    device = make_device(make_product(), "lamp-0001")
    told = answer("device", "show", device.product.product_key, "lamp-0001")
    assert told["state"] == DeviceState.INACTIVE
    assert told["iot_id"] == device.iot_id
    assert told["activated_at"] is None
    assert told["client_ids"] == []


def test_show_tells_the_client_ids_in_use_and_which_one_is_connected() -> None:
    product = make_product()
    first = issued_client_id(product, "lamp-0001")
    second = issued_client_id(product, "lamp-0001")
    connect_by_token(product, "lamp-0001", second)
    told = answer("device", "show", product.product_key, "lamp-0001")
    assert told["state"] == DeviceState.ONLINE
    assert told["address"] == "192.0.2.8"
    assert [(c["client_id"], c["connected"]) for c in told["client_ids"]] == [
        (first.client_id, False),
        (second.client_id, True),
    ]


def test_show_in_words_names_the_client_ids_and_never_a_secret() -> None:
    product = make_product()
    issued = issued_client_id(product, "lamp-0001")
    told = words("device", "show", product.product_key, "lamp-0001")
    assert issued.client_id in told
    assert issued.device_token not in told
    assert Device.objects.get().device_secret not in told


def test_disable_and_enable_change_the_state() -> None:
    product = make_product()
    make_device(product, "lamp-0001")
    name = (product.product_key, "lamp-0001")
    assert answer("device", "disable", *name)["state"] == DeviceState.DISABLED
    assert failure("device", "disable", *name)["error"] == "The device is already disabled."
    assert answer("device", "enable", *name)["state"] == DeviceState.INACTIVE


def test_reset_lets_a_device_register_again_with_the_same_secret() -> None:
    product = make_product()
    make_device(product, "lamp-0001")
    secret = issued_secret(product, "lamp-0001")
    Device.objects.update(claimed_at="2026-01-01T00:00:00Z")
    answer("device", "reset", product.product_key, "lamp-0001")
    assert issued_secret(product, "lamp-0001") == secret


def test_switch_keeps_one_client_id_and_refuses_registration() -> None:
    product = make_product()
    kept = issued_client_id(product, "lamp-0001").client_id
    issued_client_id(product, "lamp-0001")
    told = answer("device", "switch", product.product_key, "lamp-0001", kept)
    assert [c["client_id"] for c in told["client_ids"]] == [kept]
    assert told["registration_refused"] is True


def test_switch_to_an_unknown_client_id_is_refused_with_the_field_named() -> None:
    product = make_product()
    issued_client_id(product, "lamp-0001")
    told = failure("device", "switch", product.product_key, "lamp-0001", "nosuch")
    assert told["field"] == "client_id"


def test_clear_voids_every_client_id_and_leaves_registration_open() -> None:
    product = make_product()
    issued_client_id(product, "lamp-0001")
    told = answer("device", "clear", product.product_key, "lamp-0001")
    assert told["client_ids"] == []
    assert told["registration_refused"] is False


def test_clear_refuses_registration_when_asked_until_it_is_allowed_again() -> None:
    product = make_product()
    issued_client_id(product, "lamp-0001")
    name = (product.product_key, "lamp-0001")
    assert answer("device", "clear", *name, "--refuse-registration")["registration_refused"] is True
    assert answer("device", "allow-registration", *name)["registration_refused"] is False


def test_delete_removes_the_device() -> None:
    device = make_device(make_product(), "lamp-0001")
    told = answer("device", "delete", device.product.product_key, "lamp-0001")
    assert told == {
        "action": "delete",
        "product_key": device.product.product_key,
        "device_name": "lamp-0001",
    }
    assert not Device.objects.exists()


@pytest.mark.parametrize(
    "action", ["show", "reset", "enable", "disable", "delete", "clear", "allow-registration"]
)
def test_an_unknown_device_is_refused_with_the_field_named(action: str) -> None:
    told = failure("device", action, make_product().product_key, "lamp-0001")
    assert told == {"error": "This device does not exist.", "field": "device_name"}


def test_switch_needs_a_client_id_and_nothing_else_takes_one() -> None:
    for arguments in (["switch", "pk", "lamp-0001"], ["reset", "pk", "lamp-0001", "clientid"]):
        assert "takes a CLIENT_ID" in failure("device", *arguments)["error"]


def test_refuse_registration_belongs_to_clear() -> None:
    told = failure("device", "reset", "pk", "lamp-0001", "--refuse-registration")
    assert "belongs to" in told["error"]


def test_an_unknown_action_is_refused_with_the_actions_named() -> None:
    with pytest.raises(CommandError, match="allow-registration"):
        words("device", "explode", "pk", "lamp-0001")
