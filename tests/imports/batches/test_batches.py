"""Checking and adding devices by the ten thousand."""

import re

import pytest
from pytest_django import DjangoAssertNumQueries

from common.errors import ConflictError, NotFoundError, OperationError
from devices.models import Device
from devices.operations.add import add_device
from imports.models import BatchState, DeviceBatch
from imports.operations import batch_runner
from imports.operations.batch_runner import work_off
from imports.operations.batch_stages import check_rows, create_rows
from imports.operations.batches import (
    add_batch,
    discard_batch,
    generate_batch,
    resume_batch,
    stop_batch,
    upload_batch,
)
from logs.models import LogEntry
from operators.actor import SHELL
from operators.models import AuditEntry
from products.models import Product
from tests.factories import make_device, make_product
from tests.imports.batches.lists import listed, names, stored_rows, uploaded

pytestmark = pytest.mark.django_db


@pytest.fixture
def product() -> Product:
    return make_product()


def problem_keys(batch: DeviceBatch) -> list[tuple[int, str]]:
    return [(row.number, p.key) for row in stored_rows(batch) for p in row.problems]


def test_a_good_list_is_ready_to_be_added_and_adds_nothing_yet(product: Product) -> None:
    batch = uploaded(product, *names(3))
    assert (batch.state, batch.total, batch.bad) == (BatchState.CHECK_SUCCESS, 3, 0)
    assert not Device.objects.exists()


def test_names_the_product_has_already_are_found_and_those_of_others_are_not(
    product: Product,
) -> None:
    make_device(product, "lamp-000001")
    make_device(make_product(), "lamp-000002")
    batch = uploaded(product, *names(3), "ab")
    assert batch.state == BatchState.CHECK_FAILED
    assert (batch.bad, batch.good) == (2, 2)
    assert problem_keys(batch) == [(3, "taken"), (5, "short")]


def test_a_check_costs_the_same_for_any_number_of_rows_of_a_part(
    product: Product, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    few, many = listed(*names(3)), listed(*names(500, 3))
    for reading in (few, many):
        # product, batch, parts, audit; then the step, and a last look
        with django_assert_max_num_queries(18):
            upload_batch(SHELL, product.product_key, reading)


def test_adding_gives_every_device_its_own_credentials_alias_and_batch(product: Product) -> None:
    batch = add_batch(SHELL, uploaded(product, "lamp-000001,Hall lamp", "lamp-000002").pk)
    assert (batch.state, batch.added) == (BatchState.CREATE_SUCCESS, 2)
    first, second = Device.objects.order_by("device_name")
    assert (first.device_name, first.nickname) == ("lamp-000001", "Hall lamp")
    assert re.fullmatch("[0-9a-f]{32}", first.device_secret)
    assert first.device_secret != second.device_secret
    assert first.iot_id != second.iot_id
    assert first.batch == second.batch == batch
    assert first.preregistered
    assert first.activated_at is None


def test_the_good_rows_are_added_and_the_bad_ones_stay_for_the_report(product: Product) -> None:
    make_device(product, "lamp-000001")
    batch = add_batch(SHELL, uploaded(product, *names(600), "ab").pk)
    assert (batch.state, batch.added, batch.bad) == (BatchState.CREATE_SUCCESS, 599, 2)
    assert problem_keys(batch) == [(3, "taken"), (602, "short")]
    assert batch.devices.count() == 599


def test_all_or_nothing_refuses_a_list_with_a_bad_row(product: Product) -> None:
    batch = uploaded(product, *names(3), "ab")
    with pytest.raises(ConflictError, match="none was"):
        add_batch(SHELL, batch.pk, all_or_nothing=True)
    assert not Device.objects.exists()


def test_a_list_without_a_good_row_is_not_added(product: Product) -> None:
    batch = uploaded(product, "ab", "x y")
    with pytest.raises(ConflictError, match="No row"):
        add_batch(SHELL, batch.pk)


def test_a_name_taken_since_the_check_is_left_out(product: Product) -> None:
    batch = uploaded(product, *names(3))
    device = make_device(product, "lamp-000001")
    batch = add_batch(SHELL, batch.pk)
    assert (batch.state, batch.added, batch.bad) == (BatchState.CREATE_SUCCESS, 2, 1)
    assert problem_keys(batch) == [(3, "taken")]
    kept = Device.objects.get(pk=device.pk)
    assert (kept.device_secret, kept.batch) == (device.device_secret, None)


def test_all_or_nothing_takes_back_what_it_added_when_a_name_was_taken_since(
    product: Product,
) -> None:
    batch = uploaded(product, *names(700))
    make_device(product, "lamp-000600")
    batch = add_batch(SHELL, batch.pk, all_or_nothing=True)
    assert (batch.state, batch.added) == (BatchState.CREATE_FAILED, 0)
    assert [d.device_name for d in Device.objects.all()] == ["lamp-000600"]
    assert problem_keys(batch) == [(602, "taken")]


def test_a_list_is_added_once(product: Product) -> None:
    batch = add_batch(SHELL, uploaded(product, *names(3)).pk)
    with pytest.raises(ConflictError, match="already added"):
        add_batch(SHELL, batch.pk)
    assert Device.objects.count() == 3


def test_generated_names_begin_with_the_prefix_and_are_unique(product: Product) -> None:
    batch = generate_batch(SHELL, product.product_key, 600, name_prefix="lamp-")
    assert (batch.state, batch.added) == (BatchState.CREATE_SUCCESS, 600)
    found = set(Device.objects.values_list("device_name", flat=True))
    assert len(found) == 600
    assert all(re.fullmatch("lamp-[A-Za-z0-9]{15}", name) for name in found)


@pytest.mark.parametrize(
    ("count", "prefix", "field"),
    [
        (0, "", "count"),
        (100_001, "", "count"),
        (1, "la mp", "name_prefix"),
        (1, "x" * 13, "name_prefix"),
        (1, "灯", "name_prefix"),
    ],
)
def test_what_cannot_be_generated_is_refused_at_its_field(
    product: Product, count: int, prefix: str, field: str
) -> None:
    with pytest.raises(OperationError) as error:
        generate_batch(SHELL, product.product_key, count, name_prefix=prefix)
    assert error.value.field == field


def test_an_unknown_product_is_named() -> None:
    with pytest.raises(NotFoundError, match="product"):
        generate_batch(SHELL, "nosuchkey", 1)


def test_a_list_can_be_discarded_until_it_is_added(product: Product) -> None:
    batch = uploaded(product, *names(3))
    discard_batch(SHELL, batch.pk)
    assert not DeviceBatch.objects.exists()
    with pytest.raises(NotFoundError):
        add_batch(SHELL, batch.pk)
    added = add_batch(SHELL, uploaded(product, *names(3)).pk)
    with pytest.raises(ConflictError):
        discard_batch(SHELL, added.pk)


def test_a_stopped_batch_goes_on_where_it_was(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_runner, "AT_ONCE", 10)
    batch = uploaded(product, *names(1200))
    work_off(batch.pk)
    add_batch(SHELL, batch.pk)
    create_rows(batch.pk, 0, 500)
    stop_batch(SHELL, batch.pk)
    assert create_rows(batch.pk, 500, 500).good == 0
    assert Device.objects.count() == 500
    before = dict(Device.objects.values_list("device_name", "iot_id"))
    resume_batch(SHELL, batch.pk)
    assert work_off(batch.pk).added == 1200
    after = dict(Device.objects.values_list("device_name", "iot_id"))
    assert {name: after[name] for name in before} == before
    with pytest.raises(ConflictError):
        resume_batch(SHELL, batch.pk)


def test_a_step_that_is_asked_for_again_does_nothing_again(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_runner, "AT_ONCE", 10)
    batch = uploaded(product, *names(1200))
    assert check_rows(batch.pk, 0, 500).taken == 500
    assert check_rows(batch.pk, 0, 500).taken == 1000
    assert check_rows(batch.pk, 1000, 500).taken == 200
    assert check_rows(batch.pk, 0, 500).good == 0
    assert DeviceBatch.objects.get().state == BatchState.CHECK_SUCCESS


def test_rows_may_be_tried_one_by_one(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_runner, "AT_ONCE", 1)
    batch = uploaded(product, *names(3))
    for position in range(3):
        assert check_rows(batch.pk, position, 1).taken == 1
    add_batch(SHELL, batch.pk)
    for position in range(3):
        assert create_rows(batch.pk, position, 1).good == 1
    assert DeviceBatch.objects.get().state == BatchState.CREATE_SUCCESS


def test_audit_and_log_tell_of_the_batch_with_its_count_and_hold_no_secret(
    product: Product,
) -> None:
    batch = add_batch(SHELL, uploaded(product, *names(3)).pk)
    trail = AuditEntry.objects.filter(target=batch.target).order_by("pk")
    assert [entry.act for entry in trail] == ["batch.upload", "batch.add", "batch.added"]
    entry = LogEntry.objects.get(operation="add_batch")
    assert entry.detail == {"by": "shell", "batch": str(batch.pk), "count": "3"}
    recorded = repr([vars(e) for e in (*LogEntry.objects.all(), *AuditEntry.objects.all())])
    assert not [d for d in Device.objects.all() if d.device_secret in recorded]


def test_a_device_added_by_hand_has_no_batch(product: Product) -> None:
    assert add_device(SHELL, product.product_key, "lamp-0001").batch is None
