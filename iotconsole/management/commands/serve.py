"""manage.py serve: console, MQTT listener, HTTPS server and worker together, until Ctrl-C."""

import asyncio
import contextlib
import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from common.ops.files import locked
from common.ops.supervisor import Address, Program, SupervisorError, require_free, supervise


class Command(BaseCommand):
    help = "Run console, MQTT listener, HTTPS server and worker together until Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        programs = [console(), listener(), *https(), worker()]
        with contextlib.ExitStack() as starting:
            # Two that start at the same moment would both find the ports free.
            starting.enter_context(locked(settings.DATA_DIR))

            def ready() -> None:
                starting.close()
                self.stdout.write(banner())
                self.stdout.flush()

            try:
                require_free(address for program in programs for address in program.addresses)
                asyncio.run(supervise(programs, ready, environment=environment()))
            except SupervisorError as error:
                raise CommandError(str(error)) from error
        self.stdout.write("Stopped.")


def console() -> Program:
    host = f"[{settings.HTTP_HOST}]" if ":" in settings.HTTP_HOST else settings.HTTP_HOST
    command = [sys.executable, *console_arguments(f"{host}:{settings.HTTP_PORT}")]
    return Program(
        "console", command, [Address(settings.HTTP_HOST, settings.HTTP_PORT, "HTTP_PORT")]
    )


def console_arguments(bind: str) -> list[str]:
    """Python's, for the console at `bind`."""
    return [
        *("-m", "gunicorn", "--pythonpath", str(settings.BASE_DIR)),
        *("--config", str(settings.BASE_DIR / "iotconsole" / "gunicorn_config.py")),
        *("--bind", bind, "iotconsole.wsgi"),
    ]


def listener() -> Program:
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "mqtt_listener"]
    addresses = [
        Address(settings.MQTTS_HOST, settings.MQTTS_PORT, "MQTTS_PORT"),
        Address(settings.MQTT_HOST, settings.MQTT_PORT, "MQTT_PORT"),
    ]
    # Port 0 lets the system choose one, which only the listener then knows, and logs.
    return Program("MQTT listener", command, [address for address in addresses if address.port])


def https() -> list[Program]:
    """None when it is turned off."""
    if not settings.HTTPS_PORT:
        return []
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "https_server"]
    address = Address(settings.HTTPS_HOST, settings.HTTPS_PORT, "HTTPS_PORT")
    return [Program("HTTPS server", command, [address])]


def worker() -> Program:
    return Program("worker", [sys.executable, str(settings.BASE_DIR / "manage.py"), "worker"])


def environment() -> dict[str, str]:
    """Environment of the children: the same data wherever they start, and output without delay."""
    return {**os.environ, "DATA_DIR": str(settings.DATA_DIR), "PYTHONUNBUFFERED": "1"}


def banner() -> str:
    lines = [
        ("Console", settings.CONSOLE_URL),
        ("MQTT over TLS", f"{settings.PUBLIC_HOST}:{settings.MQTTS_PORT}"),
        ("MQTT, plain", f"{settings.MQTT_HOST}:{settings.MQTT_PORT}"),
        ("HTTPS", f"{settings.PUBLIC_HOST}:{settings.HTTPS_PORT}"),
        ("CA for devices", settings.DATA_DIR / "pki" / "ca.pem"),
        ("Data", settings.DATA_DIR),
        ("Stop", "Ctrl-C"),
    ]
    unknown = {
        "MQTT over TLS": not settings.MQTTS_PORT,
        "MQTT, plain": not settings.MQTT_PORT,
        "HTTPS": not settings.HTTPS_PORT,
    }
    return "\n".join(
        ["", *(f"  {label:<16}{value}" for label, value in lines if not unknown.get(label)), ""]
    )
