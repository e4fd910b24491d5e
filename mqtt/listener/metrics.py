"""A small HTTP port for monitoring: /metrics, /healthz and /readyz of one listener process.

It has a thread of its own and reads what the listener counts anyway, so a scrape costs devices
nothing. No label names a device, a product or an address.
"""

from collections import Counter
from collections.abc import Iterator
from time import monotonic
from typing import Any

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from common.ops.metrics import FieldKeys
from common.ops.metrics_port import FINE, PagesPort, said, scraped
from mqtt.listener.context import Hub
from mqtt.listener.counters import Spread

Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily
# By the values of the labels.
Counts = dict[tuple[str, ...], int]

# Seconds of silence after which the loop is taken to hang, and the database to be away.
_LOOP_SILENT, _DATABASE_SILENT = 5.0, 20.0
_PREFIX = "iotconsole_listener_"


class _Numbers(Collector):
    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def collect(self) -> Iterator[Family]:
        yield from self._loop()
        yield from self._batches()

    def _loop(self) -> Iterator[Family]:
        peers, meter = self._hub.peers, self._hub.meter
        yield _gauge("connections", "Connections open now.", len(peers.connections))
        unproven = peers.slots.taken_unproven
        yield _gauge("unproven", "Of these, without a proven credential.", unproven)
        yield _gauge("sessions", "Devices online now.", len(self._hub.sessions))
        yield _counter("accepted", "Connections accepted.", peers.accepted)
        yield _counter("turned_away", "Connections closed for want of a place.", peers.turned_away)
        yield _counter("handshakes_failed", "Connections that ended before TLS.", peers.unopened)
        yield _counter("packets", "MQTT packets received.", meter.packets)
        text = "Devices refused, by CONNACK code."
        refused: Counts = {(str(code),): count for code, count in _copy(meter.refused)}
        yield _counted("refused", text, ["connack"], refused)

    def _batches(self) -> Iterator[Family]:
        batcher = self._hub.batcher
        yield _gauge("queue", "Requests that wait for the database.", batcher.waiting)
        yield _gauge("held_records", "Log records kept while the database is away.", batcher.held)
        meter = batcher.meter
        text = "Registrations decided, by mode and result."
        yield _counted("registrations", text, ["mode", "result"], dict(_copy(meter.registrations)))
        text = "Connects decided, by credential and result."
        yield _counted("connects", text, ["credential", "result"], dict(_copy(meter.connects)))
        yield _histogram("batch_size", "Requests in one transaction.", meter.sizes)
        yield _histogram("batch_seconds", "From taking a batch to its commit.", meter.seconds)


def _copy(counts: "Counter[Any]") -> list[tuple[Any, int]]:
    """At once: another thread goes on counting."""
    return list(counts.items())


def _gauge(name: str, text: str, value: float) -> Family:
    return GaugeMetricFamily(_PREFIX + name, text, value)


def _counter(name: str, text: str, value: float) -> Family:
    return CounterMetricFamily(_PREFIX + name, text, value)


def _counted(name: str, text: str, labels: list[str], counts: Counts) -> Family:
    family = CounterMetricFamily(_PREFIX + name, text, labels=labels)
    for values, count in counts.items():
        family.add_metric(list(values), count)
    return family


def _histogram(name: str, text: str, spread: Spread) -> Family:
    return HistogramMetricFamily(_PREFIX + name, text, spread.cumulated(), spread.sum)


class MetricsServer(PagesPort):
    """Serves from `start` to `stop`. Raises OSError when the port cannot be had."""

    def __init__(self, hub: Hub, host: str, port: int) -> None:
        self._hub = hub
        self._registry = CollectorRegistry()
        self._registry.register(_Numbers(hub))
        self._registry.register(FieldKeys())
        ProcessCollector(registry=self._registry)
        pages = {"/metrics": self._metrics, "/healthz": self._alive, "/readyz": self._ready}
        super().__init__(pages, host, port)

    def _metrics(self) -> tuple[str, str, bytes]:
        return scraped(self._registry)

    def _alive(self) -> tuple[str, str, bytes]:
        return said(monotonic() - self._hub.meter.turned_at < _LOOP_SILENT)

    def _ready(self) -> tuple[str, str, bytes]:
        """Whether devices get answers: the loop turns, and the database took the last heartbeat."""
        recent = monotonic() - self._hub.meter.database_at < _DATABASE_SILENT
        return said(recent and not self._hub.stopping and self._alive()[0] == FINE)
