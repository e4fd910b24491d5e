"""A back end written for the cloud works here when its endpoint is changed, and nothing else.

The unmodified `alibabacloud_iot20180120` 5.1.0 makes every call, signed in both ways; what it
hands its caller are its own typed models, without losing anything that came.
"""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from time_machine import Traveller

from devices.operations.authenticate import Admitted
from iotconsole.rpc_api import ACTIONS
from operators.actor import SHELL
from operators.models import AccessKeyScope
from operators.operations.access_keys import set_access_key_enabled
from products.models import Product
from registration.operations.client_id_slots import ClientIdIssued
from tests import rpc
from tests.factories import connect_by_token, issued_client_id, make_device, make_product
from tests.processes import running_https_server
from tests.sdk.cloud_sdk import BackEnd, CloudSdk, Refused

pytestmark = pytest.mark.django_db(transaction=True)
ALIAS = "客厅 灯 - 2_1"
DESCRIPTION = "客厅 灯 +&=*~/%"
BOTH_WAYS = pytest.mark.parametrize("v1", [True, False], ids=["v1", "v3"])


class Story:
    """One back end, and the names of the actions it has called."""

    def __init__(self, back_end: BackEnd) -> None:
        self._back_end = back_end
        self.called: set[str] = set()
        self.product_key = ""

    def ok(self, action: str, **request: Any) -> Any:
        self.called.add(action)
        return self._back_end.ok(action, IotInstanceId="iot-060a0bgd", **request)

    def of_product(self, action: str, **request: Any) -> Any:
        return self.ok(action, ProductKey=self.product_key, **request)

    def failure(self, action: str, **request: Any) -> str:
        """The failure of an action on the product."""
        return self._back_end.failure(action, ProductKey=self.product_key, **request)


@pytest.fixture
def back_end(live_server: LiveServer, cloud_sdk: CloudSdk, v1: bool) -> BackEnd:
    endpoint = live_server.url.removeprefix("http://")
    return BackEnd(cloud_sdk, endpoint, rpc.key_for(AccessKeyScope.EVERYTHING), v1)


@pytest.fixture
def story(back_end: BackEnd) -> Story:
    return Story(back_end)


@BOTH_WAYS
def test_every_action_in_the_order_of_a_life(story: Story) -> None:
    a_product_is_made(story)
    devices_are_added_one_by_one(story)
    devices_are_looked_at(story)
    devices_are_managed(story)
    devices_are_added_by_the_list(story)
    devices_bring_their_secrets(story)
    clones_are_cut_off(story)
    everything_is_deleted(story)
    assert story.called == set(ACTIONS)


def a_product_is_made(story: Story) -> None:
    made = story.ok("CreateProduct", ProductName="Lamp灯", NodeType=0, NetType="ETHERNET")
    story.product_key = made["ProductKey"]
    product = made["Data"]
    assert product["ProductKey"] == story.product_key
    assert len(product["ProductSecret"]) == 16
    story.of_product("UpdateProduct", ProductName="Lamp_2", Description=DESCRIPTION)
    told = story.of_product("QueryProduct")["Data"]
    assert told["ProductSecret"] == product["ProductSecret"]
    assert (told["ProductName"], told["Description"]) == ("Lamp_2", DESCRIPTION)
    assert (told["ProductStatus"], told["NetType"]) == ("DEVELOPMENT_STATUS", 7)
    story.of_product("ReleaseProduct")
    assert story.of_product("QueryProduct")["Data"]["ProductStatus"] == "RELEASE_STATUS"
    story.of_product("CancelReleaseProduct")
    listed = story.ok("QueryProductList", CurrentPage=1, PageSize=200)["Data"]
    assert listed["Total"] == 1
    assert [row["ProductKey"] for row in listed["List"]["ProductInfo"]] == [story.product_key]


def devices_are_added_one_by_one(story: Story) -> None:
    added = story.of_product("RegisterDevice", DeviceName="lamp-1", Nickname=ALIAS)["Data"]
    assert (added["DeviceName"], added["Nickname"]) == ("lamp-1", ALIAS)
    assert len(added["DeviceSecret"]) == 32
    generated = story.of_product("RegisterDevice")["Data"]
    assert generated["DeviceName"]
    again = story.failure("RegisterDevice", DeviceName="lamp-1")
    assert again == "iot.device.AlreadyExistedDeviceName"
    nicknames = [
        {"ProductKey": story.product_key, "DeviceName": "lamp-1", "Nickname": "Hall"},
        {"IotId": generated["IotId"], "Nickname": ALIAS},
    ]
    story.ok("BatchUpdateDeviceNickname", DeviceNicknameInfo=nicknames)
    info = story.of_product("QueryDeviceInfo", DeviceName="lamp-1")["Data"]
    assert info == {**added, "Nickname": "Hall"}


def devices_are_looked_at(story: Story) -> None:
    first = story.of_product("QueryDevice", PageSize=1)
    second = story.of_product("QueryDevice", PageSize=1, NextToken=first["NextToken"])
    assert (first["Total"], first["PageCount"]) == (2, 2)
    assert second["NextToken"] == ""
    (newest,), (oldest,) = (each["Data"]["DeviceInfo"] for each in (first, second))
    assert (newest["Nickname"], oldest["DeviceName"]) == (ALIAS, "lamp-1")
    detail = story.ok("QueryDeviceDetail", IotId=oldest["IotId"])["Data"]
    assert (detail["Status"], detail["ProductName"]) == ("UNACTIVE", "Lamp_2")
    inactive = story.of_product("QueryDeviceByStatus", Status=0)
    assert {row["DeviceName"] for row in inactive["Data"]["SimpleDeviceInfo"]} == {
        "lamp-1",
        newest["DeviceName"],
    }
    counted = story.of_product("QueryDeviceStatistics")["Data"]
    assert counted == {"deviceCount": 2, "activeCount": 0, "onlineCount": 0}
    states = story.of_product("BatchGetDeviceState", DeviceName=["lamp-1", "nobody"])
    assert [row["Status"] for row in states["DeviceStatusList"]["DeviceStatus"]] == ["UNACTIVE"]
    state = story.of_product("GetDeviceStatus", DeviceName="lamp-1")["Data"]
    assert state["Status"] == "UNACTIVE"


def devices_are_managed(story: Story) -> None:
    lamp = {"DeviceName": "lamp-1"}
    story.of_product("DisableThing", **lamp)
    assert story.of_product("GetDeviceStatus", **lamp)["Data"]["Status"] == "DISABLE"
    story.of_product("EnableThing", **lamp)
    story.of_product("ResetThing", **lamp)
    assert story.of_product("GetDeviceStatus", **lamp)["Data"]["Status"] == "UNACTIVE"


def devices_are_added_by_the_list(story: Story) -> None:
    refused = story.failure("BatchCheckDeviceNames", DeviceName=["ok-1", "a b", "ok-1"])
    assert refused == "iot.device.InvalidFormattedDeviceName"
    checked = story.of_product(
        "BatchCheckDeviceNames",
        DeviceNameList=[{"DeviceName": f"line-{n}", "DeviceNickname": ALIAS} for n in range(12)],
    )
    batch = checked["Data"]
    assert status(story, batch) == "CHECK_SUCCESS"
    assert story.of_product("BatchRegisterDeviceWithApplyId", **batch)["Data"] == batch
    assert status(story, batch) == "CREATE_SUCCESS"
    page = story.ok("QueryPageByApplyId", **batch, CurrentPage=2, PageSize=10)
    names = [row["DeviceName"] for row in page["ApplyDeviceList"]["ApplyDeviceInfo"]]
    assert (page["Total"], page["PageCount"], names) == (12, 2, ["line-10", "line-11"])
    generated = story.of_product("BatchRegisterDevice", Count=3)["Data"]
    assert status(story, generated) == "CREATE_SUCCESS"
    assert story.ok("QueryPageByApplyId", **generated)["Total"] == 3


def status(story: Story, batch: dict[str, Any]) -> str:
    told = story.of_product("QueryBatchRegisterDeviceStatus", **batch)["Data"]
    return str(told["Status"])


def devices_bring_their_secrets(story: Story) -> None:
    brought = [
        {"DeviceName": f"old-{n}", "DeviceSecret": f"{n}" * 32, "Sn": f"SN{n}"} for n in "123"
    ]
    one = story.of_product("ImportDevice", **brought[0], Nickname=ALIAS)["Data"]
    assert one["IotId"]
    assert one == {**one, **brought[0], "Nickname": ALIAS}
    found = story.of_product("BatchCheckImportDevice", DeviceList=brought)["Data"]
    assert [row["DeviceName"] for row in found["InvalidDetailList"]] == ["old-1"]
    refused = story.failure("BatchImportDevice", DeviceList=brought)
    assert refused == "iot.device.AlreadyExistedDeviceName"
    batch = story.of_product("BatchImportDevice", DeviceList=brought[1:])["Data"]
    assert status(story, batch) == "CREATE_SUCCESS"
    for device in brought[1:]:
        told = story.of_product("QueryDeviceInfo", DeviceName=device["DeviceName"])["Data"]
        assert told["DeviceSecret"] == device["DeviceSecret"]


def clones_are_cut_off(story: Story) -> None:
    """Two physical devices register themselves under one DeviceName, as no action lets them."""
    Product.objects.update(dynamic_registration=True)
    product = Product.objects.get()
    kept, lost = clones = [issued_client_id(product, "460001234567890") for _ in range(2)]
    connect_by_token(product, "460001234567890", lost)
    (row,) = story.of_product("BatchGetDeviceState", DeviceName=["460001234567890"])[
        "DeviceStatusList"
    ]["DeviceStatus"]
    named = {"IotId": row["IotId"]}
    assert row["Status"] == "ONLINE"
    assert client_ids(story, named) == [clone.client_id for clone in clones]
    assert story.ok("TransformClientId", **named, ClientId=kept.client_id) == {"Code": "Success"}
    assert client_ids(story, named) == [kept.client_id]
    assert not admitted(product, lost)
    assert admitted(product, kept)
    assert story.ok("DeleteClientIds", **named) == {"Code": "Success"}
    assert client_ids(story, named) == []
    assert not admitted(product, kept)


def client_ids(story: Story, named: dict[str, str]) -> list[str]:
    data = story.ok("QueryClientIds", **named)["Data"]
    assert data["IotId"] == named["IotId"]
    assert all(row["CreateTime"] > 1_700_000_000_000 for row in data["DynamicRegClientIds"])
    return [row["ClientId"] for row in data["DynamicRegClientIds"]]


def admitted(product: Product, clone: ClientIdIssued) -> bool:
    outcome = connect_by_token(product, "460001234567890", clone)
    return isinstance(outcome, Admitted)


def everything_is_deleted(story: Story) -> None:
    assert story.failure("DeleteProduct") == "iot.prod.DeleteProductFailed"
    while rows := story.of_product("QueryDevice", PageSize=50)["Data"]["DeviceInfo"]:
        for row in rows:
            story.ok("DeleteDevice", IotId=row["IotId"])
    assert story.failure("QueryDeviceInfo", DeviceName="lamp-1") == "iot.device.NotExistedDevice"
    story.of_product("DeleteProduct")
    assert story.failure("QueryProduct") == "iot.prod.NotExistedProduct"


@BOTH_WAYS
def test_a_wrong_secret_is_told_from_an_unknown_key(back_end: BackEnd) -> None:
    back_end.key.secret += "x"
    with pytest.raises(Refused) as refused:
        back_end.call("QueryProductList", CurrentPage=1, PageSize=10)
    assert (refused.value.code, refused.value.status) == ("SignatureDoesNotMatch", 400)
    back_end.key.access_key_id = "LTAIunknown"
    with pytest.raises(Refused) as refused:
        back_end.call("QueryProductList", CurrentPage=1, PageSize=10)
    assert (refused.value.code, refused.value.status) == ("InvalidAccessKeyId.NotFound", 404)


@BOTH_WAYS
def test_what_the_gateway_refuses_reaches_the_caller(
    back_end: BackEnd, settings: Settings, time_machine: Traveller
) -> None:
    with pytest.raises(Refused, match="MissingProductKey"):
        back_end.call("QueryProduct")
    settings.API_LIMITS = {"QueryProductList": 1}
    time_machine.move_to(timezone.now(), tick=False)
    assert [refusal_of(back_end) for _ in range(3)] == ["", "Throttling.User", "Throttling.User"]
    set_access_key_enabled(SHELL, back_end.key.access_key_id, enabled=False)
    assert refusal_of(back_end) == "InvalidAccessKeyId.Inactive"


def refusal_of(back_end: BackEnd) -> str:
    try:
        back_end.ok("QueryProductList", CurrentPage=1, PageSize=10)
    except Refused as refused:
        return refused.code
    return ""


def test_over_tls_it_needs_nothing_but_our_ca(
    process_environment: dict[str, str], tmp_path: Path, cloud_sdk: CloudSdk
) -> None:
    """And what is too long for most servers' request lines goes through."""
    product = make_product()
    devices = [make_device(product) for _ in range(100)]
    wanted = [{"IotId": device.iot_id, "Nickname": "客厅灯" * 8} for device in devices]
    with running_https_server(process_environment, tmp_path) as server:
        endpoint, key = f"localhost:{server.port}", rpc.key_for(AccessKeyScope.EVERYTHING)
        back_ends = [BackEnd(cloud_sdk, endpoint, key, v1, server.ca_file) for v1 in (True, False)]
        for back_end in back_ends:
            told = back_end.ok("QueryProduct", ProductKey=product.product_key)
            assert told["Data"]["ProductSecret"] == product.product_secret
            back_end.ok("BatchUpdateDeviceNickname", DeviceNicknameInfo=wanted)
            names = [f"{n:05}-{'x' * 20}" for n in range(10_000)]
            asked = {"ProductKey": product.product_key, "DeviceName": names}
            assert back_end.ok("BatchCheckDeviceNames", **asked)["Data"]["ApplyId"]


def test_the_example_of_the_document_runs(live_server: LiveServer, cloud_sdk: CloudSdk) -> None:
    document = (settings.BASE_DIR / "docs" / "api.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", document, re.DOTALL)
    here = example.replace("iot.example:8443", live_server.url.removeprefix("http://"))
    key, product = rpc.key_for(AccessKeyScope.DEVICES), make_product()
    known = {"ACCESS_KEY_ID": key.access_key_id, "ACCESS_KEY_SECRET": key.secret}
    told = subprocess.run(
        [settings.CLOUDSDK_PYTHON, "-c", here.replace('"https"', '"http"')],
        env={**known, "PRODUCT_KEY": product.product_key},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    device = product.devices.get(device_name="lamp-0001")
    assert told.stdout == f"{device.iot_id} {device.device_secret}\n"
