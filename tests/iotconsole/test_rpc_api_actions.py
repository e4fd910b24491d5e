"""Rules for every API action, in every form of request."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest
from django.db import transaction

from iotconsole.rpc_api import ACTIONS
from operators.models import AccessKey, AccessKeyScope, Operator
from products.models import Product, ProductGrant
from tests import rpc
from tests.api_world import CALLS, World, make_world
from tests.factories import make_device, make_product
from tests.operators.people import limited_person
from tests.rooms import own_models

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

pytestmark = pytest.mark.django_db

ODD = ["灯" * 20, "+&=*~/% ", "x" * 5000, "-1", "9" * 18, "9" * 19, "1.5", "null"]
BUSINESS = re.compile(r"iot\.(system|common|check|prod|device)\.\w+")
GATEWAY = re.compile(r"(Missing|Invalid)[\w.-]+")
every_action = pytest.mark.parametrize("action", sorted(ACTIONS))


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def account(db: None) -> Operator:
    """It was granted no product."""
    return limited_person("lim")


@pytest.fixture
def stranger(account: Operator) -> AccessKey:
    return rpc.key_for(AccessKeyScope.EVERYTHING, account)


@pytest.fixture
def onlooker(world: World, account: Operator, stranger: AccessKey) -> AccessKey:
    """It may look at both products now."""
    for product in (world.product, world.empty_product):
        ProductGrant.objects.create(operator=account, product=product, may_change=False)
    return stranger


@contextmanager
def undone() -> Iterator[None]:
    """Undo everything that is done inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def succeeds(response: "Response") -> bool:
    """Whether it says so; otherwise it says why in one of the platform's two ways."""
    content = response.json()
    if response.status_code == 200:
        assert content["Success"] or BUSINESS.fullmatch(content["Code"]), content
        assert content["Success"] or content["ErrorMessage"], content
        return bool(content["Success"])
    assert response.status_code == 400, content
    assert GATEWAY.fullmatch(content["Code"]), content
    assert content["Message"], content
    return False


def kept() -> dict[str, list[Any]]:
    """Every row there is, but for what tells who called: nonces, audit trail, use of the key."""
    of_calls = {"seennonce", "auditentry", "audithead"}
    used = {"last_used_at", "last_used_address"}
    return {
        model._meta.label: [
            {name: value for name, value in row.items() if name not in used}
            for row in model._base_manager.order_by("pk").values()
        ]
        for model in own_models()
        if model._meta.model_name not in of_calls
    }


def test_there_is_a_good_call_of_every_action() -> None:
    assert set(ACTIONS) == set(CALLS)


@every_action
@pytest.mark.parametrize("v1", [True, False], ids=["v1", "v3"])
def test_a_good_call_succeeds_in_json_and_xml(world: World, action: str, v1: bool) -> None:
    asked = CALLS[action](world)
    with undone():
        assert succeeds(rpc.send(action, v1=v1, **asked))
    response = rpc.send(action, v1=v1, accept="XML", form=True, **asked)
    root = ElementTree.fromstring(response.content)  # noqa: S314 - our own
    assert root.tag == f"{action}Response"
    assert root.findtext("Success") == "true"
    assert root.findtext("RequestId")


@every_action
def test_odd_parameters_never_are_our_fault(
    world: World, action: str, caplog: pytest.LogCaptureFixture
) -> None:
    asked = dict(rpc.flattened(CALLS[action](world)))
    for name in asked:
        for value in ["", *ODD]:
            with undone():
                succeeds(rpc.send(action, **asked | {name: value}))
    assert not [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]
    assert not [secret for secret in world.secrets if secret in caplog.text]


@every_action
def test_a_parameter_said_twice_is_refused(world: World, action: str) -> None:
    asked = dict(rpc.flattened(CALLS[action](world)))
    before = kept()
    for name, value in asked.items():
        for how in ({"v1": True}, {"form": True}):
            twice = rpc.refusal(action, also=[(name, value)], **asked, **how)
            assert twice == (400, f"Invalid{name}")
    assert kept() == before


@every_action
@pytest.mark.parametrize("on", [True, False], ids=["on", "off"])
def test_no_action_turns_dynamic_registration(world: World, action: str, on: bool) -> None:
    Product.objects.update(dynamic_registration=on)
    before = {product.pk: product for product in Product.objects.all()}
    meant = ("DynamicRegister", "DynamicRegistration", "dynamic_registration", "RegisterType")
    for value in ("true", "1", "2", "on", "false", "0"):
        rpc.send(action, **CALLS[action](world), **dict.fromkeys(meant, value))
        for product in Product.objects.all():
            was = before.get(product.pk)
            assert product.dynamic_registration is (was is not None and on)
            assert product.registration_window == (was or Product()).registration_window


@pytest.mark.parametrize(
    "action", sorted(n for n, a in ACTIONS.items() if a.scope == AccessKeyScope.READ_ONLY)
)
def test_what_a_key_for_reading_covers_changes_nothing_and_tells_it_no_secret(
    world: World, action: str
) -> None:
    reading, everything = map(rpc.key_for, (AccessKeyScope.READ_ONLY, AccessKeyScope.EVERYTHING))
    before = kept()
    response = rpc.send(action, key=reading, **CALLS[action](world))
    assert succeeds(response)
    assert not [secret for secret in world.secrets if secret in response.content.decode()]
    assert succeeds(rpc.send(action, key=everything, **CALLS[action](world)))
    assert kept() == before


@pytest.mark.parametrize("action", sorted(ACTIONS.keys() - {"CreateProduct", "QueryProductList"}))
def test_a_product_of_others_does_not_exist(world: World, stranger: AccessKey, action: str) -> None:
    before = kept()
    response = rpc.send(action, key=stranger, **CALLS[action](world))
    content = response.json()
    hidden = ("NotExistedProduct", "NotExistedDevice", "DeviceApplyIsNotFound")
    nothing = {"Success": True, "DeviceStatusList": {"DeviceStatus": []}}
    content.pop("RequestId")
    assert content == nothing or content["Code"].rpartition(".")[2] in hidden, content
    assert kept() == before


@pytest.mark.parametrize(
    "action",
    sorted(
        name
        for name, action in ACTIONS.items()
        if action.scope != AccessKeyScope.READ_ONLY and name != "CreateProduct"
    ),
)
def test_who_may_look_at_a_product_changes_nothing_in_it(
    world: World, onlooker: AccessKey, action: str
) -> None:
    before = kept()
    assert rpc.refusal(action, key=onlooker, **CALLS[action](world)) == (403, "Forbidden.RAM")
    assert kept() == before


def asked_by_others(world: World, action: str, own: Product) -> Iterator[dict[str, str]]:
    """The good call; the same with the ProductKey of their own product in it; and without one."""
    good = dict(rpc.flattened(CALLS[action](world)))
    yield good
    keys = [name for name in good if name.endswith("ProductKey")]
    yield good | dict.fromkeys(keys, own.product_key)
    yield {name: value for name, value in good.items() if name not in keys}


@every_action
def test_who_has_a_product_sees_and_changes_nothing_of_the_others(
    world: World, account: Operator, stranger: AccessKey, action: str
) -> None:
    own = make_product()
    ProductGrant.objects.create(operator=account, product=own, may_change=True)
    hidden = {world.product.name, world.empty_product.name, world.client_id, *world.secrets}
    hidden |= {world.device.iot_id, world.empty_product.product_key}
    before = theirs(world)
    for asked in asked_by_others(world, action, own):
        response = rpc.send(action, key=stranger, **asked)
        text = response.content.decode()
        assert not [each for each in hidden - {*asked.values()} if each in text]
        if world.product.product_key not in asked.values():
            assert world.product.product_key not in text
        assert theirs(world) == before


def theirs(world: World) -> dict[str, list[Any]]:
    """The rows in `kept` of the world's products and their devices."""
    products = {world.product.pk, world.empty_product.pk}
    devices = set(world.product.devices.values_list("pk", flat=True))

    def concerns(label: str, row: dict[str, Any]) -> bool:
        if label == "products.Product":
            return row["id"] in products
        return row.get("product_id") in products or row.get("device_id") in devices

    return {label: [row for row in rows if concerns(label, row)] for label, rows in kept().items()}


def test_sums_are_of_what_may_be_looked_at(
    world: World, account: Operator, stranger: AccessKey
) -> None:
    own = make_product()
    make_device(own)
    ProductGrant.objects.create(operator=account, product=own)
    counted = rpc.data("QueryDeviceStatistics", key=stranger)
    assert counted == {"deviceCount": 1, "activeCount": 0, "onlineCount": 0}
    listed = rpc.data("QueryProductList", key=stranger, CurrentPage=1, PageSize=10)
    assert listed["Total"] == len(listed["List"]["ProductInfo"]) == 1
