"""`manage.py dynamic_registration on|off PRODUCT_KEY`: the switch, without a code.

Whoever has a shell on the server has its database, so a code could add nothing.
"""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from devices.operations.lookup import product_by_key
from iotconsole.kit.commands import Answer, ShellCommand
from operators.confirmation import Confirmed
from registration.operations.dynamic_registration import purpose_of, set_dynamic_registration


class Command(ShellCommand):
    help = "Turn a product's Dynamic Registration on or off."

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("wished", choices=["on", "off"])
        parser.add_argument("product_key", metavar="PRODUCT_KEY")

    def act(self, options: Mapping[str, Any]) -> Answer:
        enabled = options["wished"] == "on"
        product = product_by_key(options["product_key"])
        confirmed = Confirmed.by_shell(purpose_of(product, enabled=enabled))
        product = set_dynamic_registration(product, enabled=enabled, confirmed=confirmed)
        after = (
            "Devices with its ProductSecret can be activated."
            if enabled
            else "No further device is activated; activated ones are not affected."
        )
        words = f"Dynamic Registration of {product.name} is {options['wished']}. {after}"
        data = {"product_key": product.product_key, "dynamic_registration": enabled}
        return Answer(words, data)
