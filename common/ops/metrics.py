"""Counters, gauges and histograms of this process, for Prometheus (see metrics_port).

No label names a device, a product, a person or an address.
"""

from collections.abc import Iterator
from functools import cache

from django.conf import settings
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from common.crypto.encrypted_fields import key_name

# Of whatever a process counts with `counter`, `gauge` and `histogram`.
registry = CollectorRegistry()

_PREFIX = "iotconsole_"
# From an answer out of memory to one that waits for a provider.
SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


def counter(name: str, text: str, *labels: str) -> Counter:
    return Counter(_PREFIX + name, text, labels, registry=registry)


def gauge(name: str, text: str, *labels: str) -> Gauge:
    return Gauge(_PREFIX + name, text, labels, registry=registry)


def histogram(name: str, text: str, *labels: str) -> Histogram:
    return Histogram(_PREFIX + name, text, labels, registry=registry, buckets=SECONDS)


class FieldKeys(Collector):
    """Which key this process encrypts with, and which others it can read: see the rotation."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        text = "1; the first of FIELD_KEYS of this process, and the others, by digests."
        family = GaugeMetricFamily(_PREFIX + "field_keys", text, labels=["first", "others"])
        first, *others = [key_name(key) for key in settings.FIELD_KEYS]
        family.add_metric([first, ",".join(others)], 1)
        yield family


@cache
def complete_registry() -> CollectorRegistry:
    """The registry, with what every process tells of itself."""
    registry.register(FieldKeys())
    ProcessCollector(registry=registry)
    return registry
