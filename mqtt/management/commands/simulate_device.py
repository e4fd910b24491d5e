"""`manage.py simulate_device`: a device to try the server with, from this machine or another."""

import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from common.crypto.encrypted_fields import DecryptionError
from mqtt.simulator.device import Habits, SimulatedDevice
from mqtt.simulator.firmware import Firmware
from mqtt.simulator.fleet import device_names, run_fleet
from mqtt.simulator.mqtt_client import Server
from mqtt.simulator.store import CredentialStore
from mqtt.simulator.terminal import Reporter, stopped_by_signals
from products.models import Product
from protocol.validators import MalformedError, RegistrationMode

Options = Mapping[str, Any]


class Command(BaseCommand):
    help = (
        "Play one or more devices: register, save what was received, connect over TLS, publish "
        "and stay online until Ctrl-C. The ProductSecret comes from the environment variable "
        "PRODUCT_SECRET, or from the database when run beside the server."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--product-key", required=True)
        parser.add_argument("--device-name", default="simulator", help="Default: %(default)s")
        parser.add_argument(
            "--mode",
            choices=[mode.value for mode in RegistrationMode],
            default=RegistrationMode.REGNWL.value,
            help="register: the DeviceName was added before. regnwl (default): it need not exist.",
        )
        parser.add_argument("--host", default="localhost", help="Default: %(default)s")
        parser.add_argument(
            "--port", type=int, default=settings.MQTTS_PORT, help="TLS port. Default: %(default)s"
        )
        parser.add_argument(
            "--ca", type=Path, default=settings.DATA_DIR / "pki" / "ca.pem", help="CA certificate."
        )
        parser.add_argument(
            "--state",
            type=Path,
            default=settings.DATA_DIR / "simulator",
            help="Directory of the saved credentials. Default: %(default)s",
        )
        _add_habits(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        reporter = Reporter(self.stdout, as_json=options["json"])
        devices = _devices(options, reporter, stop)
        with stopped_by_signals(stop):
            succeeded = run_fleet(devices, stop, once=options["once"])
        if not succeeded:
            sys.exit(1)


def _add_habits(parser: CommandParser) -> None:
    parser.add_argument("--count", type=int, default=1, help="Devices at once: NAME-1 to NAME-N.")
    parser.add_argument(
        "--interval", type=float, default=5.0, help="Seconds between messages. Default: %(default)s"
    )
    parser.add_argument(
        "--once",
        action="store_true",
        help="Publish one message and leave; exit code 1 if that was not possible.",
    )
    register_anew = parser.add_mutually_exclusive_group()
    register_anew.add_argument(
        "--fresh", action="store_true", help="Register anew, and replace the saved credential."
    )
    register_anew.add_argument(
        "--clone",
        action="store_true",
        help="Register anew, and leave the saved credential alone: a second physical device.",
    )
    parser.add_argument("--json", action="store_true", help="Print one JSON object per line.")


def _devices(options: Options, reporter: Reporter, stop: threading.Event) -> list[SimulatedDevice]:
    _check(options)
    server = Server(options["host"], options["port"], options["ca"])
    store = CredentialStore(options["state"])
    habits = Habits(
        interval=options["interval"],
        fresh=options["fresh"] or options["clone"],
        keep=not options["clone"],
    )
    return [
        SimulatedDevice(firmware, server, store, reporter, stop, habits)
        for firmware in _firmwares(options)
    ]


def _check(options: Options) -> None:
    if not 1 <= options["count"] <= 500:
        raise CommandError("--count must be between 1 and 500.")
    if options["interval"] <= 0:
        raise CommandError("--interval must be more than 0 seconds.")
    if not options["ca"].is_file():
        raise CommandError(
            f"There is no CA certificate at {options['ca']}. Name it with --ca; "
            "`make run` makes it on the server, in DATA_DIR/pki/ca.pem."
        )


def _firmwares(options: Options) -> list[Firmware]:
    product_key: str = options["product_key"]
    secret = os.environ.get("PRODUCT_SECRET") or _secret_from_database(product_key)
    names = device_names(options["device_name"], options["count"])
    mode = RegistrationMode(options["mode"])
    try:
        return [Firmware(product_key, secret, name, mode) for name in names]
    except MalformedError as error:
        raise CommandError(
            f"{error}. A DeviceName has 4 to 32 of letters, digits, - _ @ . :"
        ) from error


def _secret_from_database(product_key: str) -> str:
    try:
        return Product.objects.get(product_key=product_key).product_secret
    except (Product.DoesNotExist, DatabaseError, DecryptionError) as error:
        raise CommandError(
            "The ProductSecret of this ProductKey is not in the database here. "
            "Put it into the environment variable PRODUCT_SECRET."
        ) from error
