"""`manage.py demo`: something to look at before there are devices."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.utils import timezone

from common.errors import OperationError
from common.ops.management import Answer, ShellCommand
from devices.device_state import Totals, totals
from iotconsole.demo.objects import demo_firmwares, demo_products
from iotconsole.demo.removal import remove
from iotconsole.demo.scenario import LAMPS, SENSORS, Told, tell
from iotconsole.demo.week import METERS, look
from mqtt.simulator.firmware import Firmware
from mqtt.simulator.store import CredentialStore, StoreError
from products.models import Product


class Command(ShellCommand):
    help = "Make demonstration products, devices and logs; do nothing when they are there."

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--remove", action="store_true", help="Delete the demonstration.")

    def act(self, options: Mapping[str, Any]) -> Answer:
        store = CredentialStore(settings.DATA_DIR / "simulator")
        return _remove(store) if options["remove"] else _make(store)


def _make(store: CredentialStore) -> Answer:
    products = demo_products()
    made = not products
    if made:
        now = timezone.now()
        told = tell(now)
        look(now)
        _hand_over(told, store)
        products = list(told.products)
    counted = {product.product_key: totals(product.product_key) for product in products}
    data = {
        "made": made,
        "products": [
            {
                "name": product.name,
                "product_key": product.product_key,
                "devices": counted[product.product_key].total,
            }
            for product in products
        ],
        "console": settings.CONSOLE_URL,
    }
    return Answer(_words(products, counted, made=made), data)


def _hand_over(told: Told, store: CredentialStore) -> None:
    """Give the simulator the credentials of the devices that are to be online."""
    try:
        for unit in told.online:
            if unit.credential is not None:
                firmware = Firmware(
                    unit.product_key, unit.product_secret, unit.device_name, unit.mode
                )
                store.save(firmware, unit.credential)
    except StoreError as error:
        raise OperationError(f"The demonstration was made, but {error}") from error


def _remove(store: CredentialStore) -> Answer:
    for firmware in demo_firmwares():
        store.forget(firmware)
    removed = remove()
    words = f"Removed {removed} devices." if removed else "There is no demonstration to remove."
    return Answer(words, {"removed_devices": removed})


def _words(products: list[Product], counted: Mapping[str, Totals], *, made: bool) -> str:
    lines = ["Made a demonstration:" if made else "The demonstration is there already:"]
    for product in products:
        count = counted[product.product_key]
        lines.append(
            f"  {product.name:<20} {product.product_key:<13}"
            f"{count.total} devices, {count.activated} activated"
        )
    lines += [
        f"Where to look, in the console at {settings.CONSOLE_URL}:",
        f"  Products > {LAMPS}: a cloned device under View, to be settled with Switch or Clear",
        f"  Products > {SENSORS}: pre-registered devices, and a switch that is off again",
        f"  Findings: a burst and a shared token among {METERS}, and more",
        "  Log Service: refusals, each with its reason",
        "`manage.py demo_devices` keeps some of the devices online; `manage.py demo --remove`",
        "deletes it all.",
    ]
    return "\n".join(lines)
