"""Saved answers of the cloud's API, in the shapes of console_api.md appendix B."""

import json
from typing import Any

import pytest

from common.errors import OperationError
from imports.fleet.columns import DEVICE_SECRET, IOT_ID, PRODUCT_NAME, PRODUCT_SECRET, STATUS
from imports.fleet.validation import moment
from tests.imports.fleet.given import KEY, devices, products, read, wrong

PRODUCT = {
    "RequestId": "r",
    "Success": True,
    "Data": {
        "ProductKey": KEY,
        "ProductName": "Smart_Lamp",
        "ProductSecret": "h1nQFYPZS0mWqzXY",
        "ProductStatus": "DEVELOPMENT_STATUS",
        "DeviceCount": 2,
        "GmtCreate": 1581423595000,
        "NodeType": 0,
        "NetType": 3,
    },
}
PRODUCT_LIST = {
    "Success": True,
    "Data": {
        "CurrentPage": 1,
        "List": {"ProductInfo": [{"ProductKey": KEY, "ProductName": "Smart_Lamp", "NodeType": 0}]},
    },
}
DEVICES = {
    "Success": True,
    "Page": 1,
    "NextToken": "",
    "Data": {
        "DeviceInfo": [
            {
                "IotId": f"iotid{number}000100",
                "DeviceId": "1234",
                "ProductKey": KEY,
                "DeviceName": f"lamp-000{number}",
                "DeviceSecret": f"secret-{number}",
                "DeviceStatus": "ONLINE",
                "Nickname": "",
                "UtcCreate": "2018-08-06T02:47:50.000Z",
            }
            for number in (1, 2)
        ]
    },
}
DETAIL = {
    "Success": True,
    "Data": {
        "IotId": "iotid1000100",
        "ProductKey": KEY,
        "DeviceName": "lamp-0001",
        "DeviceSecret": "secret-1",
        "Status": "OFFLINE",
        "UtcActive": "2019-01-01T00:00:00.000Z",
    },
}
BY_STATUS = {
    "Success": True,
    "Data": {
        "SimpleDeviceInfo": [
            {"ProductKey": KEY, "DeviceName": "lamp-0003", "DeviceSecret": "s-3", "Status": "8"}
        ]
    },
}
BY_APPLY_ID = {
    "Success": True,
    "Page": 1,
    "ApplyDeviceList": {
        "ApplyDeviceInfo": [{"DeviceName": "lamp-0004", "DeviceSecret": "s-4", "IotId": "iot4"}]
    },
}
CLIENT_IDS = {
    "Success": True,
    "Data": {
        "IotId": "iotid1000100",
        "DynamicRegClientIds": [{"ClientId": "client000001", "CreateTime": 1635847637823}],
    },
}


def saved(*answers: Any) -> str:
    return "\n".join(json.dumps(answer) for answer in answers)


@pytest.mark.parametrize(
    "text",
    [
        saved(PRODUCT, DEVICES),
        json.dumps([PRODUCT, DEVICES]),
        json.dumps(PRODUCT, indent=2) + "\n" + json.dumps(DEVICES, indent=2),
        saved({"headers": {}, "statusCode": 200, "body": PRODUCT}, {"body": DEVICES}),
        "\ufeff" + saved(PRODUCT, DEVICES),
    ],
    ids=["lines", "list", "one after the other", "as the client prints them", "with a mark"],
)
def test_one_or_many_answers_in_a_file(text: str) -> None:
    reading = read(text)
    assert [item[PRODUCT_SECRET] for item in products(reading)] == ["h1nQFYPZS0mWqzXY"]
    assert [item[DEVICE_SECRET] for item in devices(reading)] == ["secret-1", "secret-2"]
    assert devices(reading)[0][IOT_ID] == "iotid1000100"
    assert not wrong(reading)


def test_what_several_answers_tell_of_one_thing_is_put_together() -> None:
    reading = read(saved(CLIENT_IDS, PRODUCT_LIST, PRODUCT, DEVICES, DETAIL, BY_STATUS))
    (product,) = products(reading)
    assert product[PRODUCT_NAME] == "Smart_Lamp"
    first, second, third = devices(reading)
    assert [one.client_id for one in first.client_ids] == ["client000001"]
    assert str(moment(first.client_ids[0].created)) == "2021-11-02 10:07:17.823000+00:00"
    assert first["UtcActive"].startswith("2019")
    assert (second[STATUS], third[STATUS]) == ("ONLINE", "8")


def test_answers_that_name_no_product_are_of_the_only_one() -> None:
    reading = read(saved(BY_APPLY_ID), f"ProductKey,ProductSecret\n{KEY},secret\n")
    assert [item.name for item in devices(reading)] == [(KEY, "lamp-0004")]


def test_answers_and_tables_go_together() -> None:
    reading = read(
        saved(DEVICES), f"ProductKey,DeviceName,ClientID,DeviceToken\n{KEY},lamp-0001,c1,token\n"
    )
    assert [one.token for one in devices(reading)[0].client_ids] == ["token"]
    assert not wrong(reading)


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        ({"Success": False, "Code": "iot.prod.NotExistedProduct"}, "answer_error"),
        ({"RequestId": "r", "HostId": "h", "Code": "Forbidden", "Message": "m"}, "answer_error"),
        ({"Success": True, "Data": {"deviceCount": 1}}, "answer_unknown"),
        ({"Success": True}, "answer_unknown"),
        ({"anything": 1}, "answer_unknown"),
        (7, "answer_unknown"),
        ({**CLIENT_IDS, "Data": {**CLIENT_IDS["Data"], "IotId": "x"}}, "unknown_iot_id"),  # type: ignore[dict-item]
    ],
)
def test_an_answer_that_tells_of_nothing_is_a_row_of_the_report(answer: Any, key: str) -> None:
    reading = read(saved(DEVICES, answer))
    assert [found for _, _, found in wrong(reading)] == [key]
    assert len(devices(reading)) == 2


def test_an_empty_page_is_no_mistake() -> None:
    assert len(devices(read(saved(DEVICES, {"Success": True, "Data": {"DeviceInfo": []}})))) == 2


@pytest.mark.parametrize("text", ["[{", '{"a": 1} nonsense', '{"a":' * 100_000, "{\xff"])
def test_what_is_no_json_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(OperationError, match="from line 1 on"):
        read(text.encode("latin-1"))
