"""Uploaded lists, ready to be checked and added."""

from imports.batches.reading import Reading, read_file
from imports.batches.rows import Row, unpack
from imports.models import DeviceBatch
from imports.operations.batches import upload_batch
from operators.actor import SHELL
from products.models import Product
from tests.imports.batches.workbooks import MEGABYTE


def listed(*lines: str, header: str = "DeviceName,Nickname") -> Reading:
    return read_file("\n".join([header, *lines]).encode(), 20 * MEGABYTE)


def names(count: int, start: int = 0) -> list[str]:
    return [f"lamp-{number:06}" for number in range(start, start + count)]


def uploaded(product: Product, *lines: str) -> DeviceBatch:
    return upload_batch(SHELL, product.product_key, listed(*lines), file_name="lamps.csv")


def stored_rows(batch: DeviceBatch) -> list[Row]:
    parts = batch.parts.order_by("number").values_list("payload", flat=True)
    return [row for payload in parts for row in unpack(bytes(payload))]
