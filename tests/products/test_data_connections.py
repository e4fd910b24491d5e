"""The carrier of a product's data connections, and the DeviceNames it excludes."""

import pytest
from django.test import Client

from common.errors import ConflictError, OperationError
from devices.models import Device
from devices.operations.add import add_device
from devices.operations.refusal import Refused
from imports.batches.api_rows import reading_of
from imports.batches.rows import Row
from imports.models import BatchState
from imports.operations.batches import add_batch, generate_batch, upload_batch
from logs.models import LogEntry
from logs.reasons import Reason
from operators.actor import SHELL
from operators.models import AuditEntry
from products.broker_topics import EMQX, RABBITMQ, unfit_in
from products.models import DataConnections, Product
from products.operations.manage import create_product, update_product
from tests.console.seed import Fleet
from tests.factories import issued_client_id, make_device, make_product, register_one

pytestmark = pytest.mark.django_db
UNFIT = ["lamp.0001", "aa:bb:cc:dd"]


def give(product: Product, broker: str) -> Product:
    return update_product(
        SHELL, product.product_key, name=product.name, description="", data_connections=broker
    )


@pytest.fixture
def product() -> Product:
    return give(make_product(), RABBITMQ)


def test_rabbitmq_cannot_tell_dots_from_levels_nor_colons_from_virtual_hosts() -> None:
    assert unfit_in(RABBITMQ, "a.b:c.d") == ". :"
    assert unfit_in(RABBITMQ, "lamp-_@0001") == ""
    for carrier in set(DataConnections.values) - {RABBITMQ}:
        assert unfit_in(carrier, "a.b:c@d") == ""


def test_data_connections_are_here_at_first() -> None:
    assert create_product(SHELL, "Some_Lamp").data_connections == DataConnections.SERVER


@pytest.mark.parametrize("name", UNFIT)
def test_devices_that_it_could_not_carry_keep_a_product_from_a_broker(name: str) -> None:
    product = make_product()
    make_device(product, "lamp-0001")
    make_device(product, name)
    with pytest.raises(ConflictError, match=name) as refusal:
        give(product, RABBITMQ)
    assert refusal.value.field == "data_connections"
    assert "lamp-0001" not in str(refusal.value)
    assert give(product, EMQX).data_connections == EMQX


def test_of_many_such_devices_some_are_named() -> None:
    product = make_product()
    Device.objects.bulk_create(Device(product=product, device_name=f"a.{n:03}") for n in range(20))
    with pytest.raises(ConflictError, match=r"a\.009, …$"):
        give(product, RABBITMQ)


def test_other_changes_leave_the_broker_alone(product: Product) -> None:
    update_product(SHELL, product.product_key, name="Renamed", description="")
    product.refresh_from_db()
    assert (product.name, product.data_connections) == ("Renamed", RABBITMQ)


@pytest.mark.parametrize("name", UNFIT)
def test_a_name_that_cannot_be_carried_is_not_added(product: Product, name: str) -> None:
    with pytest.raises(OperationError, match="RabbitMQ carries the data connections") as refusal:
        add_device(SHELL, product.product_key, name)
    assert refusal.value.field == "device_name"
    assert add_device(SHELL, give(product, EMQX).product_key, name)


@pytest.mark.parametrize("name", UNFIT)
def test_a_name_that_cannot_be_carried_does_not_register(product: Product, name: str) -> None:
    assert register_one(product, name) == Refused(Reason.NAME_NOT_CARRIED)
    assert LogEntry.objects.latest("pk").reason == "name_not_carried"
    assert not Device.objects.filter(product=product).exists()
    assert issued_client_id(product, "lamp-0001")


def test_a_list_says_which_rows_cannot_be_carried(product: Product) -> None:
    rows = [Row(1, "lamp.0001"), Row(2, "lamp-0002")]
    batch = upload_batch(SHELL, product.product_key, reading_of(rows))
    batch.refresh_from_db()
    assert (batch.state, batch.good, batch.bad) == (BatchState.CHECK_FAILED, 1, 1)
    add_batch(SHELL, batch.pk)
    assert list(product.devices.values_list("device_name", flat=True)) == ["lamp-0002"]


def test_a_list_checked_before_is_looked_at_again() -> None:
    product = make_product()
    rows = [Row(1, "lamp.0001"), Row(2, "lamp-0002")]
    batch = upload_batch(SHELL, product.product_key, reading_of(rows))
    give(product, RABBITMQ)
    add_batch(SHELL, batch.pk)
    batch.refresh_from_db()
    assert (batch.added, batch.bad) == (1, 1)
    assert list(product.devices.values_list("device_name", flat=True)) == ["lamp-0002"]


def test_names_are_not_generated_with_a_prefix_that_cannot_be_carried(product: Product) -> None:
    with pytest.raises(OperationError, match="dot or colon") as refusal:
        generate_batch(SHELL, product.product_key, 3, name_prefix="lamp.")
    assert refusal.value.field == "name_prefix"


def test_the_form_changes_it_and_says_why_it_cannot(console: Client, fleet: Fleet) -> None:
    product = fleet.lamp
    url = f"/products/{product.product_key}/edit/"
    fields = {"name": product.name, "description": "", "data_connections": RABBITMQ}
    Device.objects.create(product=product, device_name="lamp.0001")
    refused = console.post(url, fields)
    assert refused.status_code == 422
    assert "lamp.0001" in refused.content.decode()
    assert console.post(url, fields | {"data_connections": EMQX}).status_code == 302
    assert "EMQX" in console.get(product.get_absolute_url()).content.decode()
    assert AuditEntry.objects.filter(act="product.update", target=product.target).exists()
