"""Pre-registering one device."""

import re

import pytest

from common.errors import ConflictError, NotFoundError, OperationError
from devices.models import Device
from devices.operations.add import add_device
from logs.models import LogEntry
from operators.actor import SHELL
from operators.models import AuditEntry
from tests.factories import make_product

pytestmark = pytest.mark.django_db


def test_creating_the_device_issues_its_secret_and_leaves_it_inactive() -> None:
    device = add_device(SHELL, make_product().product_key, "lamp-0001")
    assert re.fullmatch("[0-9a-f]{32}", device.device_secret)
    assert device.activated_at is None
    assert device.preregistered


def test_a_blank_name_gets_a_unique_one() -> None:
    key = make_product().product_key
    names = {add_device(SHELL, key).device_name for _ in range(3)}
    assert len(names) == 3


@pytest.mark.parametrize("name", ["abc", "a" * 33, "lamp 0001", "lamp/1", "lampe-ä", "lamp\n001"])
def test_a_name_outside_the_platforms_rule_is_refused(name: str) -> None:
    with pytest.raises(OperationError, match="4 to 32 characters") as error:
        add_device(SHELL, make_product().product_key, name)
    assert error.value.field == "device_name"
    assert not Device.objects.exists()


@pytest.mark.parametrize("name", ["abcd", "a" * 32, "A-b_c@d.e:f9", "00:11:22:33:44:55"])
def test_every_character_the_platform_allows_is_allowed(name: str) -> None:
    assert add_device(SHELL, make_product().product_key, name).device_name == name


def test_a_name_is_unique_within_its_product_only() -> None:
    one, two = make_product(), make_product()
    add_device(SHELL, one.product_key, "lamp-0001")
    add_device(SHELL, two.product_key, "lamp-0001")
    with pytest.raises(ConflictError, match="lamp-0001"):
        add_device(SHELL, one.product_key, "lamp-0001")


@pytest.mark.parametrize(("nickname", "ok"), [("灯泡", True), ("灯", False), ("a" * 65, False)])
def test_an_alias_counts_a_chinese_character_twice(nickname: str, ok: bool) -> None:
    key = make_product().product_key
    if ok:
        assert add_device(SHELL, key, nickname=nickname).nickname == nickname
    else:
        with pytest.raises(OperationError, match="alias"):
            add_device(SHELL, key, nickname=nickname)


def test_an_unknown_product_is_named() -> None:
    with pytest.raises(NotFoundError, match="product"):
        add_device(SHELL, "nosuchkey", "lamp-0001")


def test_the_secret_reaches_neither_trail_nor_repr() -> None:
    device = add_device(SHELL, make_product().product_key, "lamp-0001")
    trails = repr([vars(e) for e in (*LogEntry.objects.all(), *AuditEntry.objects.all())])
    assert device.device_secret not in trails + repr(device) + str(device)
