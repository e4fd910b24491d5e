"""Rows written from plain tuples."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import DataError, connection
from pytest_django import DjangoAssertNumQueries

from common.crypto.encrypted_fields import decrypt
from common.sql.bulk_insert import Writer
from devices.models import ClientBinding, Device, Session
from logs.models import LogEntry
from products.models import Product
from tests.factories import make_device, make_product

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 28, 12, 30, 15, 123456, tzinfo=UTC)
NAMES = ("trace_id", "device_name", "address", "detail")
ALIKE = ("at", "service_type", "operation", "code", "reason")
ENTRIES = Writer(LogEntry, NAMES, alike=ALIKE)
TOLD = {"at": NOW, "service_type": "device", "operation": "x", "code": "200", "reason": "ok"}
ODD = ['"', "\\", "\\'", "{a,b}", "NULL", "%s", "?", " ", "\n\t", "名字 🔑", "a,b", "'; --"]


def devices_of(product: Product) -> Writer:
    return Writer(
        Device,
        ("device_name", "iot_id", "device_secret"),
        alike=("product", "created_at"),
        unique=("device_name", "product"),
    )


def test_rows_are_read_back_as_they_were_told_with_the_defaults_of_the_rest() -> None:
    ENTRIES.write(
        [
            ("a", "lamp", "10.0.0.1", {"k": 'v"\\'}),
            ("b", "", "2001:DB8::1", {}),
            ("c", "", None, {}),
        ],
        **TOLD,
    )
    entries = LogEntry.objects.order_by("id")
    assert [(e.trace_id, e.device_name, e.address, e.detail) for e in entries] == [
        ("a", "lamp", "10.0.0.1", {"k": 'v"\\'}),
        ("b", "", "2001:db8::1", {}),
        ("c", "", None, {}),
    ]
    for entry in entries:
        assert (entry.at, entry.code, entry.connection_id) == (NOW, "200", "")


def test_any_text_arrives_unchanged_and_in_order() -> None:
    ENTRIES.write([("t", text, None, {"told": text}) for text in ODD], **TOLD)
    stored = LogEntry.objects.order_by("id").values_list("device_name", "detail")
    assert list(stored) == [(text, {"told": text}) for text in ODD]


def test_text_that_is_too_long_is_never_cut_off() -> None:
    long = "x" * 65
    if connection.vendor == "postgresql":
        with pytest.raises(DataError):
            ENTRIES.write([("t", long, None, {})], **TOLD)
    else:
        ENTRIES.write([("t", long, None, {})], **TOLD)
        assert LogEntry.objects.get().device_name == long


def test_many_rows_take_one_statement_and_none_take_none(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(1):
        ENTRIES.write([("t", f"lamp-{n}", None, {}) for n in range(300)], **TOLD)
    with django_assert_num_queries(0):
        ENTRIES.write([], **TOLD)
    assert LogEntry.objects.count() == 300


def test_what_is_there_already_is_left_as_it_is() -> None:
    product = make_product()
    held = make_device(product, "lamp-1")
    rows = [("lamp-1", "iot-1", "one"), ("lamp-2", "iot-2", "two")]
    devices_of(product).write(rows, product=product.pk, created_at=NOW)
    stored = dict(Device.objects.values_list("device_name", "device_secret"))
    assert stored == {"lamp-1": held.device_secret, "lamp-2": "two"}


def test_what_is_there_already_is_replaced_in_the_columns_named() -> None:
    product = make_product()
    device = make_device(product)
    sessions = Writer(
        Session,
        ("device", "product", "client_id", "trace_id", "listener", "sdk"),
        alike=("connected_at",),
        unique=("device", "client_id"),
        replace=("trace_id", "listener", "connected_at", "ended_at"),
    )
    first, second = uuid4(), uuid4()
    sessions.write([(device.pk, product.pk, "", "one", first, "sdk-1")], connected_at=NOW)
    Session.objects.update(ended_at=NOW)
    later = NOW.replace(hour=13)
    sessions.write([(device.pk, product.pk, "", "two", second, "sdk-2")], connected_at=later)
    session = Session.objects.get()
    assert (session.trace_id, session.listener, session.sdk) == ("two", second, "sdk-1")
    assert (session.connected_at, session.ended_at) == (later, None)


def test_a_secret_is_stored_encrypted() -> None:
    product = make_product()
    rows = [("lamp-1", "iot-1", "the-secret"), ("lamp-2", "iot-2", "the-secret")]
    devices_of(product).write(rows, product=product.pk, created_at=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT device_secret FROM devices_device")
        stored = [row[0] for row in cursor.fetchall()]
    assert len(set(stored)) == 2
    assert [decrypt(value) for value in stored] == ["the-secret", "the-secret"]


@pytest.mark.parametrize("left_out", ["device", "client_id", "issued_at"])
def test_a_column_that_has_no_default_has_to_be_told(left_out: str) -> None:
    names = {"device", "client_id", "token_digest", "slot", "issued_at"} - {left_out}
    with pytest.raises(TypeError, match=left_out):
        Writer(ClientBinding, sorted(names))


def test_a_column_whose_default_differs_from_row_to_row_has_to_be_told() -> None:
    with pytest.raises(TypeError, match="iot_id"):
        Writer(Device, ("device_name", "device_secret"), alike=("product", "created_at"))


def test_a_row_with_too_few_values_writes_nothing() -> None:
    with pytest.raises(ValueError, match="zip"):
        ENTRIES.write([("t", "lamp", None, {}), ("t", "lamp", None)], **TOLD)
    assert not LogEntry.objects.exists()
