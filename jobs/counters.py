"""Counters of the worker."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from common.ops.metrics import counter, gauge, histogram

_rounds = counter("worker_rounds", "Rounds done here, by result: ok or failed.", "round", "result")
_seconds = histogram("worker_round_seconds", "How long a round took.", "round")
_last = gauge("worker_round_done_timestamp_seconds", "When a round was last done here.", "round")


@contextmanager
def measured(name: str) -> Iterator[None]:
    """One round."""
    began, result = time.perf_counter(), "failed"
    try:
        yield
        result = "ok"
        _last.labels(name).set_to_current_time()
    finally:
        _rounds.labels(name, result).inc()
        _seconds.labels(name).observe(time.perf_counter() - began)
