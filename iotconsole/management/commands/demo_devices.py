"""`manage.py demo_devices`: keep the healthy devices of the demonstration online."""

import threading
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from iotconsole.demo.objects import demo_firmwares
from mqtt.simulator.device import Habits, SimulatedDevice
from mqtt.simulator.events import Event, Step
from mqtt.simulator.fleet import run_fleet
from mqtt.simulator.mqtt_client import Server
from mqtt.simulator.store import CredentialStore
from mqtt.simulator.terminal import Reporter, stopped_by_signals

_TOLD = {Step.CONNECTED, Step.KICKED, Step.FORBIDDEN, Step.RECEIVED, Step.FAILED}
_INTERVAL_SECONDS = 60.0


class Command(BaseCommand):
    help = "Connect the healthy devices that `manage.py demo` made, until Ctrl-C."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="localhost", help="Default: %(default)s")
        parser.add_argument("--port", type=int, default=settings.MQTTS_PORT)

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        devices = self._devices(options["host"], options["port"], stop)
        if not devices:
            raise CommandError("There is no device to connect. Run `manage.py demo` first.")
        with stopped_by_signals(stop):
            run_fleet(devices, stop, once=False)

    def _devices(self, host: str, port: int, stop: threading.Event) -> list[SimulatedDevice]:
        """Only those whose credential was saved: the others are not meant to be online."""
        data_dir: Path = settings.DATA_DIR
        server = Server(host, port, data_dir / "pki" / "ca.pem")
        store = CredentialStore(data_dir / "simulator")
        reporter = Reporter(self.stdout, as_json=False)

        def report(event: Event) -> None:
            if event.step in _TOLD:
                reporter(event)

        habits = Habits(interval=_INTERVAL_SECONDS)
        return [
            SimulatedDevice(firmware, server, store, report, stop, habits)
            for firmware in demo_firmwares()
            if store.load(firmware) is not None
        ]
