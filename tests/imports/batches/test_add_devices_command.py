"""`manage.py add_devices`."""

from pathlib import Path

import pytest

from devices.models import Device
from imports.models import DeviceBatch
from imports.operations import batch_runner
from products.models import Product
from tests.factories import make_device, make_product
from tests.shell import answer, failure, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def product() -> Product:
    return make_product()


@pytest.fixture
def file(tmp_path: Path, product: Product) -> str:
    """Two good rows, one bad one, and one that is taken."""
    make_device(product, "lamp-taken")
    path = tmp_path / "lamps.csv"
    path.write_text("DeviceName\nlamp-0001\nab\nlamp-0002\nlamp-taken\n")
    return str(path)


def test_it_generates_devices(product: Product) -> None:
    told = answer("add_devices", product.product_key, "--count", "3", "--prefix", "lamp-")
    assert (told["added"], told["state"]) == (3, "CREATE_SUCCESS")
    assert Device.objects.filter(device_name__startswith="lamp-", batch=told["batch"]).count() == 3


def test_it_adds_the_good_rows_of_a_file_and_tells_of_the_others(
    product: Product, file: str
) -> None:
    told = answer("add_devices", product.product_key, "--file", file)
    assert (told["total"], told["added"]) == (4, 2)
    assert [(each["row"], each["value"]) for each in told["problems"]] == [
        (3, "ab"),
        (5, "lamp-taken"),
    ]


def test_in_words(product: Product, file: str) -> None:
    told = words("add_devices", product.product_key, "--file", file)
    assert told.splitlines()[0].startswith("Added 2 of 4 devices, batch ")
    assert "Row 3: DeviceName 'ab'. The DeviceName is too short (2; minimum 4)." in told


def test_a_dry_run_leaves_nothing_behind(product: Product, file: str) -> None:
    told = answer("add_devices", product.product_key, "--file", file, "--dry-run")
    assert (told["good"], told["added"], len(told["problems"])) == (2, 0, 2)
    assert not DeviceBatch.objects.exists()
    assert Device.objects.count() == 1
    assert words("add_devices", product.product_key, "--file", file, "--dry-run").startswith(
        "2 of 4 devices can be added."
    )


def test_all_or_nothing_adds_nothing_of_a_list_with_a_bad_row(product: Product, file: str) -> None:
    told = answer("add_devices", product.product_key, "--file", file, "--all-or-nothing")
    assert told["added"] == 0
    assert Device.objects.count() == 1


def test_a_long_list_needs_no_worker(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_runner, "AT_ONCE", 10)
    assert answer("add_devices", product.product_key, "--count", "600")["added"] == 600


def test_what_is_wrong_is_told_with_its_field(product: Product, tmp_path: Path) -> None:
    assert failure("add_devices", product.product_key, "--count", "0")["field"] == "count"
    assert failure("add_devices", "a1nosuchkey", "--count", "1")["field"] == "product_key"
    missing = failure("add_devices", product.product_key, "--file", str(tmp_path / "none.csv"))
    assert "No such file" in missing["error"]
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04")
    told = failure("add_devices", product.product_key, "--file", str(broken))
    assert told["field"] == "file"
    assert (
        "--dry-run"
        in failure("add_devices", product.product_key, "--count", "1", "--dry-run")["error"]
    )
