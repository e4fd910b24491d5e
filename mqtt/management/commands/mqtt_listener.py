"""manage.py mqtt_listener: serve devices over MQTT until told to stop."""

import asyncio
import gc
import logging
import signal
import sys
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error as AnyDatabaseError

from common.net.descriptors import raise_limit
from common.ops.error_log import log_loop_error
from common.ops.gc_tuning import keep_what_is_loaded
from common.ops.supervisor import Address, Program, SupervisorError, require_free, supervise
from mqtt.listener.log_handler import write_on_a_thread
from mqtt.listener.metrics import MetricsServer
from mqtt.listener.server import Endpoint, Listener, PortError
from registration.pki import PkiError, Profile, load_certificates, server_context

logger = logging.getLogger("mqtt.listener")

# Seconds for what is still to be written to the log at the end.
_LAST_LINES = 1.0


class Command(BaseCommand):
    help = "Serve devices over MQTT: dynamic registration (TLS only) and connections."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--workers",
            type=int,
            default=1,
            metavar="N",
            help="processes that share the ports, one per core to be used (default: 1)",
        )
        parser.add_argument(
            "--shared-ports", action="store_true", help="let other workers listen there too"
        )
        parser.add_argument(
            "--metrics-port",
            type=int,
            default=settings.METRICS_PORT,
            metavar="PORT",
            help="in place of METRICS_PORT; further workers have the ports after it",
        )

    def handle(self, *, workers: int, shared_ports: bool, metrics_port: int, **_: Any) -> None:
        if workers < 1:
            raise CommandError("--workers must be at least 1.")
        try:
            if workers == 1:
                _run(shared_ports=shared_ports, metrics_port=metrics_port)
            else:
                asyncio.run(_supervise(workers, metrics_port))
        except (PortError, PkiError, SupervisorError) as error:
            raise CommandError(str(error)) from error
        except AnyDatabaseError as error:
            raise CommandError(f"The database cannot be used: {error}") from error
        except OSError as error:  # a disk that is full, too
            raise CommandError(f"Cannot use {error.filename}: {error.strerror}.") from error


def _run(*, shared_ports: bool, metrics_port: int) -> None:
    written = write_on_a_thread()
    try:
        asyncio.run(_serve(shared_ports=shared_ports, metrics_port=metrics_port))
    finally:
        for output in written:
            output.drain(_LAST_LINES)


async def _serve(*, shared_ports: bool, metrics_port: int) -> None:
    """Until SIGINT or SIGTERM. Raises PortError, PkiError or the database's error at the start."""
    stop = asyncio.Event()
    asyncio.get_running_loop().set_exception_handler(log_loop_error)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    raise_limit(settings.MAX_CONNECTIONS)
    keep_what_is_loaded()
    gc.disable()  # it is one of the listener's rounds
    directory = settings.DATA_DIR / "pki"
    context = server_context(directory, cast("Profile", settings.MQTT_TLS_PROFILE))
    listener = await Listener.open(
        [
            Endpoint(settings.MQTTS_HOST, settings.MQTTS_PORT, "MQTTS_PORT", context),
            Endpoint(
                settings.MQTT_HOST,
                settings.MQTT_PORT,
                "MQTT_PORT",
                behind_tls=settings.MQTT_BEHIND_TLS_PROXY,
                proxies=settings.MQTT_PROXY_NETWORKS if settings.MQTT_PROXY_PROTOCOL else None,
            ),
        ],
        settings.DATA_DIR / "listeners",
        shared_ports=shared_ports,
        refresh=partial(load_certificates, context, directory),
    )
    secure, plain = listener.ports
    logger.info("MQTT over TLS on %s port %d", settings.MQTTS_HOST, secure)
    logger.info("MQTT on %s port %d", settings.MQTT_HOST, plain)
    metrics = _metrics(listener, metrics_port)
    await stop.wait()
    if metrics:
        await asyncio.to_thread(metrics.stop)
    logger.info("stopping with %d session(s)", len(listener.hub.sessions))
    await listener.stop()
    logger.info("stopped")


def _metrics(listener: Listener, port: int) -> MetricsServer | None:
    """Serve metrics. A port that is taken is only logged: devices connect all the same."""
    if not port:
        return None
    try:
        metrics = MetricsServer(listener.hub, settings.METRICS_HOST, port)
    except OSError as error:
        logger.error("no metrics: METRICS_PORT %d: %s", port, error.strerror)
        return None
    metrics.start()
    logger.info("metrics on %s port %d", settings.METRICS_HOST, metrics.port)
    return metrics


def _metrics_option(port: int, number: int) -> list[str]:
    return ["--metrics-port", str(port + number if port else 0)]


async def _supervise(workers: int, metrics_port: int) -> None:
    addresses = [
        Address(settings.MQTTS_HOST, settings.MQTTS_PORT, "MQTTS_PORT"),
        Address(settings.MQTT_HOST, settings.MQTT_PORT, "MQTT_PORT"),
    ]
    if not all(address.port for address in addresses):
        raise CommandError("Workers that share a port need to know it: set both ports.")
    require_free(addresses)
    manage = str(Path(settings.BASE_DIR) / "manage.py")
    command = [sys.executable, manage, "mqtt_listener", "--shared-ports"]
    programs = [
        Program(f"listener {n + 1}", [*command, *_metrics_option(metrics_port, n)], addresses)
        for n in range(workers)
    ]
    await supervise(programs, lambda: logger.info("%d workers serve", workers))
