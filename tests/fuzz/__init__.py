"""Endpoints fed with anything: no fault of ours, no hang, and no yes that the rules don't give.

FUZZ_EXAMPLES says how many inputs each test makes; without it as many as a run of all tests can
afford.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from hypothesis import HealthCheck, settings

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "100"))

# The database of a test serves all its examples, each of which is undone.
fuzzed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@contextmanager
def without_errors() -> Iterator[None]:
    """Nothing is logged as an error in it, and what it wrote is undone."""
    errors = _Errors()
    logging.getLogger().addHandler(errors)
    try:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
    finally:
        logging.getLogger().removeHandler(errors)
    assert errors.lines == []
