"""`manage.py rotate_product_secret PRODUCT_KEY`: a new ProductSecret, without a code."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from common.ops.management import Answer, ShellCommand
from devices.operations.lookup import product_by_key
from operators.confirmation import Confirmed
from products.models import Product
from registration.operations.rotate_secret import (
    Overlap,
    end_overlap,
    end_overlap_purpose,
    rotate_secret,
    rotation_purpose,
)


class Command(ShellCommand):
    help = "Give a product a new ProductSecret, or refuse the old one from now on."

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("product_key", metavar="PRODUCT_KEY")
        what = parser.add_mutually_exclusive_group()
        what.add_argument(
            "--overlap-days",
            type=int,
            default=0,
            metavar="DAYS",
            help="The old ProductSecret serves for so long; without, it is dead at once.",
        )
        what.add_argument(
            "--end-overlap",
            action="store_true",
            help="Rotate nothing; refuse the old ProductSecret from now on.",
        )

    def act(self, options: Mapping[str, Any]) -> Answer:
        product = product_by_key(options["product_key"])
        if options["end_overlap"]:
            confirmed = Confirmed.by_shell(end_overlap_purpose(product))
            product = end_overlap(product, confirmed=confirmed)
            words = f"The old ProductSecret of {product.name} is refused from now on."
            return Answer(words, _data(product))
        overlap = Overlap(days=options["overlap_days"])
        confirmed = Confirmed.by_shell(rotation_purpose(product, overlap))
        product = rotate_secret(product, confirmed=confirmed, overlap=overlap)
        return Answer(_words(product), {**_data(product), "product_secret": product.product_secret})


def _words(product: Product) -> str:
    until = product.previous_secret_until
    old = f"still serves until {until:%Y-%m-%d %H:%M} UTC" if until else "is dead"
    return (
        f"Rotated the ProductSecret of {product.name}; the old one {old}.\n"
        f"  ProductSecret  {product.product_secret}"
    )


def _data(product: Product) -> dict[str, Any]:
    return {
        "product_key": product.product_key,
        "secret_version": product.secret_version,
        "old_secret_until": product.previous_secret_until,
    }
