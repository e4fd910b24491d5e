"""`manage.py create_product NAME`"""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from common.ops.management import Answer, ShellCommand
from operators.actor import SHELL
from products.operations.manage import create_product


class Command(ShellCommand):
    help = "Create a product and print its ProductKey and ProductSecret."

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="4 to 30 characters.")
        parser.add_argument("--description", default="", help="Up to 100 characters.")

    def act(self, options: Mapping[str, Any]) -> Answer:
        product = create_product(SHELL, options["name"], description=options["description"])
        words = (
            f"Created product {product.name}.\n"
            f"  ProductKey     {product.product_key}\n"
            f"  ProductSecret  {product.product_secret}\n"
            f"Dynamic Registration is off. Turn it on in the console, or with\n"
            f"  manage.py dynamic_registration on {product.product_key}"
        )
        data = {
            "product_key": product.product_key,
            "product_secret": product.product_secret,
            "name": product.name,
        }
        return Answer(words, data)
