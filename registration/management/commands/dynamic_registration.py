"""`manage.py dynamic_registration on|off PRODUCT_KEY`: the switch, without a code.

Whoever has a shell on the server has its database, so a code could add nothing.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from common.ops.management import Answer, ShellCommand
from common.text.stored_messages import listed, said
from devices.operations.lookup import product_by_key
from operators.confirmation import Confirmed
from products.models import Product, RegistrationModes
from products.registration_window import Window, check_window, window_of
from registration.operations.dynamic_registration import purpose_of, set_dynamic_registration

_LIMITS = ("hours", "until", "budget", "pattern", "network", "mode")


class Command(ShellCommand):
    help = "Turn a product's Dynamic Registration on, with or without limits, or off."

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("wished", choices=["on", "off"])
        parser.add_argument("product_key", metavar="PRODUCT_KEY")
        end = parser.add_mutually_exclusive_group()
        end.add_argument("--hours", type=int, help="It closes by itself after so many hours.")
        end.add_argument("--until", type=_moment, help="Or at this moment, in ISO 8601.")
        parser.add_argument("--budget", type=int, help="Or after so many registrations.")
        parser.add_argument("--pattern", help="Only DeviceNames like lamp-* are let in.")
        parser.add_argument(
            "--network", action="append", help="Only from this network, 192.0.2.0/24; repeatable."
        )
        parser.add_argument("--mode", choices=RegistrationModes.values, help="Only this authType.")

    def act(self, options: Mapping[str, Any]) -> Answer:
        enabled = options["wished"] == "on"
        if not enabled and any(options[name] is not None for name in _LIMITS):
            raise CommandError("Limits belong to `on`.")
        product = product_by_key(options["product_key"])
        window = check_window(_window(options), timezone.now())
        confirmed = Confirmed.by_shell(purpose_of(product, enabled=enabled, window=window))
        product = set_dynamic_registration(
            product, enabled=enabled, confirmed=confirmed, window=window
        )
        return _answer(product, window)


def _moment(text: str) -> datetime:
    """Without an offset it is in the server's time zone. ValueError is the parser's to report."""
    moment = parse_datetime(text)
    if moment is None:
        raise ValueError
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


def _window(options: Mapping[str, Any]) -> Window:
    return Window(
        hours=options["hours"],
        until=options["until"],
        budget=options["budget"],
        names=options["pattern"] or "",
        networks=tuple(options["network"] or ()),
        modes=options["mode"] or RegistrationModes.BOTH,
    )


def _answer(product: Product, window: Window) -> Answer:
    data: dict[str, Any] = {
        "product_key": product.product_key,
        "dynamic_registration": product.dynamic_registration,
    }
    if not product.dynamic_registration:
        after = "No further device is activated; activated ones are not affected."
        return Answer(f"Dynamic Registration of {product.name} is off. {after}", data)
    limits = f", {said(listed(window.words))}" if window.words else ""
    if limits:
        data["window"] = _data(window_of(product))
    after = "Devices with its ProductSecret can be activated."
    return Answer(f"Dynamic Registration of {product.name} is on{limits}. {after}", data)


def _data(window: Window) -> dict[str, Any]:
    """The limits as they now stand, under the names of the options."""
    return {
        "until": window.until,
        "budget": window.budget,
        "pattern": window.names,
        "network": list(window.networks),
        "mode": window.modes,
    }
