"""BatchRegisterDevice adds devices with generated names; QueryPageByApplyId tells which."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from devices.models import Device
from devices.operations.manage import delete_device
from imports.models import DeviceBatch
from imports.operations import batch_runner
from jobs.models import Job
from operators.actor import SHELL
from operators.models import AccessKey, AuditEntry
from products.models import Product
from tests import rpc
from tests.factories import make_product
from tests.imports.batches.lists import uploaded
from tests.rpc_fixtures import GrantedKey

pytestmark = pytest.mark.django_db


def registered(product: Product, count: int) -> int:
    key: int = rpc.data("BatchRegisterDevice", ProductKey=product.product_key, Count=count)[
        "ApplyId"
    ]
    return key


def page(apply_id: int, **more: object) -> tuple[list[dict[str, str]], dict[str, int]]:
    """Its devices, and what stands beside them."""
    content = rpc.call("QueryPageByApplyId", ApplyId=apply_id, **more)
    assert content.pop("Success")
    return content.pop("ApplyDeviceList")["ApplyDeviceInfo"], content


def test_devices_are_there_when_a_small_batch_is_answered(product: Product) -> None:
    apply_id = registered(product, 12)
    devices = list(Device.objects.order_by("pk"))
    first, beside = page(apply_id)
    assert beside == {"Page": 1, "PageSize": 10, "PageCount": 2, "Total": 12}
    second, _ = page(apply_id, CurrentPage=2)
    assert [row["DeviceName"] for row in first + second] == [each.device_name for each in devices]
    assert first[0] == {
        "DeviceId": devices[0].iot_id,
        "DeviceName": devices[0].device_name,
        "DeviceSecret": devices[0].device_secret,
        "IotId": devices[0].iot_id,
    }
    entry = AuditEntry.objects.get(act="batch.added")
    assert entry.access_key == DeviceBatch.objects.get(pk=apply_id).access_key != ""


def test_a_large_batch_waits_for_a_worker(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_runner, "AT_ONCE", 5)
    apply_id = registered(product, 6)
    assert Job.objects.get().params == {"batch": apply_id}
    assert page(apply_id) == ([], {"Page": 1, "PageSize": 10, "PageCount": 0, "Total": 0})


@pytest.mark.parametrize(
    ("count", "code"),
    [
        (10_001, "iot.device.DeviceCountExceeded"),
        (10**17, "iot.device.DeviceCountExceeded"),
        (0, "iot.device.ApplyManyDevicesFailed"),
        (-1, "iot.device.ApplyManyDevicesFailed"),
    ],
)
def test_one_to_ten_thousand_devices_at_a_time(product: Product, count: int, code: str) -> None:
    assert rpc.failure("BatchRegisterDevice", ProductKey=product.product_key, Count=count) == code
    assert not DeviceBatch.objects.exists()


def test_a_page_has_at_most_fifty_devices(product: Product) -> None:
    apply_id = registered(product, 51)
    rows, beside = page(apply_id, PageSize=50)
    assert (len(rows), beside["PageCount"]) == (50, 2)
    too_large = rpc.failure("QueryPageByApplyId", ApplyId=apply_id, PageSize=51)
    assert too_large == "iot.common.InvalidPageParams"


def test_deleted_devices_are_left_out(product: Product) -> None:
    apply_id = registered(product, 2)
    gone, stays = Device.objects.order_by("pk")
    delete_device(SHELL, product.product_key, gone.device_name)
    rows, beside = page(apply_id)
    assert ([row["DeviceName"] for row in rows], beside["Total"]) == ([stays.device_name], 1)


def test_a_key_that_may_only_read_is_told_no_secrets(product: Product, reading: AccessKey) -> None:
    apply_id = registered(product, 2)
    content = rpc.call("QueryPageByApplyId", key=reading, ApplyId=apply_id)
    told = content["ApplyDeviceList"]["ApplyDeviceInfo"]
    assert [row["DeviceSecret"] for row in told] == ["", ""]
    refused = rpc.refusal(
        "BatchRegisterDevice", key=reading, ProductKey=product.product_key, Count=1
    )
    assert refused == (403, "Forbidden.RAM")


def test_batches_of_other_products_are_as_if_they_were_not(
    product: Product, granted_key: GrantedKey
) -> None:
    apply_id = registered(product, 1)
    stranger = granted_key(make_product(), True)
    code = rpc.failure("QueryPageByApplyId", key=stranger, ApplyId=apply_id)
    assert code == "iot.device.DeviceApplyIsNotFound"


def test_a_list_from_the_console_has_an_apply_id_too(product: Product) -> None:
    batch = uploaded(product, "lamp-1,porch", "lamp-2")
    assert page(batch.pk)[0] == []
    added = rpc.data(
        "BatchRegisterDeviceWithApplyId", ProductKey=product.product_key, ApplyId=batch.pk
    )
    assert added == {"ApplyId": batch.pk}
    assert [row["DeviceName"] for row in page(batch.pk)[0]] == ["lamp-1", "lamp-2"]


def test_a_page_costs_the_same_queries_whatever_its_size(product: Product) -> None:
    apply_id, costs = registered(product, 40), []
    page(apply_id)
    for size in (2, 40):
        with CaptureQueriesContext(connection) as queries:
            page(apply_id, PageSize=size)
        costs.append(len(queries))
    assert costs[0] == costs[1]
