"""Reading tables of a fleet: headers, encodings, several files, several rows of one device."""

import pytest

from common.errors import OperationError
from imports.fleet.columns import DEVICE_SECRET, NICKNAME, PRODUCT_NAME, PRODUCT_SECRET
from tests.imports.batches.workbooks import workbook
from tests.imports.fleet.given import (
    HEADER,
    KEY,
    devices,
    line,
    products,
    read,
    secret_of,
    table,
    wrong,
)
from tests.imports.fleet.given import PRODUCT_SECRET as SECRET


def test_one_row_tells_of_a_product_and_a_device() -> None:
    reading = read(table(line(1), line(2)))
    assert [item.product_key for item in products(reading)] == [KEY]
    assert products(reading)[0][PRODUCT_SECRET] == SECRET
    assert [item.name for item in devices(reading)] == [(KEY, "lamp-0001"), (KEY, "lamp-0002")]
    assert devices(reading)[1][DEVICE_SECRET] == secret_of(2)
    assert not wrong(reading)


def test_products_and_devices_may_stand_in_separate_files() -> None:
    reading = read(
        f"ProductKey\tProductSecret\tProductName\n{KEY}\t{SECRET}\tLamp\n",
        f"product_key;Device Name;deviceSecret\n{KEY};lamp-0001;{secret_of(1)}\n",
    )
    assert products(reading)[0][PRODUCT_NAME] == "Lamp"
    assert [item.name for item in devices(reading)] == [(KEY, "lamp-0001")]
    assert not wrong(reading)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_headers_of_the_chinese_console_are_understood_in_any_encoding(encoding: str) -> None:
    header = "产品Key,产品密钥,产品名称,设备名称,设备密钥,备注名称"
    text = f"{header}\n{KEY},{SECRET},智能灯,lamp-0001,abcdef,大厅的灯\n"
    reading = read(text.encode(encoding))
    assert devices(reading)[0][NICKNAME] == "大厅的灯"
    assert products(reading)[0][PRODUCT_NAME] == "智能灯"


def test_a_workbook_is_a_table_too() -> None:
    content = workbook([HEADER.split(","), line(1).split(",")])
    assert [item.name for item in devices(read(content))] == [(KEY, "lamp-0001")]


def test_a_digit_the_spreadsheet_has_lost_is_told() -> None:
    content = workbook(
        [["ProductKey", "DeviceName", "DeviceSecret"], [KEY, 861234567890123456, "s"]]
    )
    assert wrong(read(content)) == [(2, "DeviceName", "rounded")]


def test_unknown_and_repeated_columns_are_noted_and_ignored() -> None:
    reading = read(
        f"ProductKey,DeviceName,Colour,DeviceName,DeviceSecret\n{KEY},lamp-0001,red,x,y\n"
    )
    assert [(note.key, note.facts["names"]) for note in reading.notes] == [
        ("repeated_columns", "DeviceName"),
        ("unknown_columns", "Colour"),
    ]
    assert "1.csv" in str(reading.notes[0])


def test_a_table_whose_first_row_names_no_column_is_refused_with_its_name() -> None:
    with pytest.raises(OperationError, match=r"2\.csv: There is no ProductKey or"):
        read(table(line(1)), "lamp-0001,abc\n")


@pytest.mark.parametrize("content", ["", HEADER])
def test_nothing_is_refused(content: str) -> None:
    with pytest.raises(OperationError):
        read(content)


def test_rows_without_product_key_are_of_the_only_product_or_of_the_one_that_was_named() -> None:
    nameless = f"DeviceName,DeviceSecret\nlamp-0001,{secret_of(1)}\n"
    product = f"ProductKey,ProductSecret\n{KEY},{SECRET}\n"
    assert [item.name for item in devices(read(nameless, product))] == [(KEY, "lamp-0001")]
    assert [item.name for item in devices(read(nameless, product_key="b2"))] == [
        ("b2", "lamp-0001")
    ]
    assert wrong(read(nameless)) == [(2, "ProductKey", "missing_product_key")]
    two = f"ProductKey,ProductSecret\n{KEY},{SECRET}\nb2,{SECRET}\n"
    assert (2, "ProductKey", "missing_product_key") in wrong(read(two, nameless))


def test_each_row_of_a_device_may_name_another_client_id() -> None:
    rows = table(
        line(1, client_id="client000001", token="token-1"),
        line(1, client_id="client000002", token="token-2"),
        line(1),
        line(1, client_id="client000001"),
    )
    (device,) = devices(read(rows))
    assert [(each.client_id, each.token) for each in device.client_ids] == [
        ("client000001", "token-1"),
        ("client000002", "token-2"),
    ]
    assert not device.problems


@pytest.mark.parametrize(
    ("kept", "client_id"),
    [
        ("K19uYV000100|authType=connwl,securemode=-2,_ss=1,ext=3,_v=sdk-c-4.2.0|", "K19uYV000100"),
        ("K19uYV000100|securemode=-2,_v=1|", "K19uYV000100"),
        (
            "lamp.a1|securemode=2,signmethod=hmacsha256|",
            "lamp.a1|securemode=2,signmethod=hmacsha256|",
        ),
    ],
)
def test_a_client_id_is_taken_from_what_firmware_keeps(kept: str, client_id: str) -> None:
    row = f'ProductKey,DeviceName,ClientID,DeviceToken\n{KEY},lamp-0001,"{kept}",token\n'
    assert [each.client_id for each in devices(read(row))[0].client_ids] == [client_id]
