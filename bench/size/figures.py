"""Batches of a hundred, as a listener's thread has them in a crowd: without sockets, committed."""

import random
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

from django.utils import timezone

from bench.size.fleet import Fleet, build
from devices.operations.refusal import Refused
from mqtt.listener.dispatch import Request, perform
from products.models import Product
from protocol.client_id import RegistrationMode
from registration.operations.client_id_slots import ClientIdIssued
from tests.factories import registration, signed_connection, token_connection

MANY = 1_000_000
BATCH, ROUNDS = 100, 30
_FEW = 50  # times fewer
# A third of the devices for each batch of one.
LEAST = 3 * ROUNDS

Numbers = Sequence[int]
# Microseconds a device, by what it asks for; the first is the number of devices.
Row = tuple[int, Mapping[str, float]]


def few(many: int) -> int:
    return max(LEAST, many // _FEW)


@dataclass(frozen=True, slots=True)
class Asking:
    """Requests of the devices with these numbers."""

    fleet: Fleet

    def signature(self, numbers: Numbers) -> list[Request]:
        key, secret = self.fleet.product.product_key, self.fleet.device_secret
        return [signed_connection(key, self.fleet.device_name(n), secret) for n in numbers]

    def token(self, numbers: Numbers) -> list[Request]:
        key, token = self.fleet.product.product_key, self.fleet.device_token
        return [
            token_connection(
                key, self.fleet.device_name(n), ClientIdIssued(self.fleet.client_id(n), token)
            )
            for n in numbers
        ]

    def regnwl(self, numbers: Numbers) -> list[Request]:
        product = self.fleet.product
        return [registration(product, f"new-{uuid4().hex[:16]}") for _ in numbers]

    def register(self, numbers: Numbers) -> list[Request]:
        names = map(self.fleet.device_name, numbers)
        return [registration(self.fleet.product, n, RegistrationMode.REGISTER) for n in names]


def figures(size: int) -> Row:
    """The tables grow from one call to the next."""
    fleet = build(size)
    Product.objects.filter(pk=fleet.product.pk).update(dynamic_registration=True)
    asking = Asking(fleet)
    # Each has devices of its own: who has connected may register no more.
    numbers = random.Random(size).sample(range(size), size)  # noqa: S311 - the same each time
    shares = [numbers[start::3] for start in range(3)]
    return size, {
        "register": _median(asking.register, shares[0]),
        "regnwl": _median(asking.regnwl, shares[0]),
        "signature, for the first time": _median(asking.signature, shares[1]),
        "signature": _median(asking.signature, shares[1]),
        "token": _median(asking.token, shares[2]),
    }


def _median(ask: Callable[[Numbers], list[Request]], numbers: Numbers) -> float:
    """Microseconds a device."""
    taken = []
    batch = min(BATCH, len(numbers) // ROUNDS)
    for start in range(0, batch * ROUNDS, batch):
        requests = ask(numbers[start : start + batch])
        began = time.perf_counter()
        outcomes = perform(requests, timezone.now())
        taken.append((time.perf_counter() - began) / len(requests))
        refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
        assert not refused, refused[0]
    return statistics.median(taken) * 1e6


def table(rows: Iterable[Row]) -> str:
    """Markdown, with the ratio of the last line to the first."""
    rows = list(rows)
    kinds = list(rows[0][1])
    lines = [
        f"| devices | {' | '.join(kinds)} |",
        f"| ---: |{' ---: |' * len(kinds)}",
        *(_line(f"{size:,}", [f"{us[kind]:.0f} µs" for kind in kinds]) for size, us in rows),
    ]
    first, last = rows[0][1], rows[-1][1]
    lines.append(_line("ratio", [f"{last[kind] / first[kind]:.2f}" for kind in kinds]))
    return "\n".join(lines)


def _line(title: str, cells: Sequence[str]) -> str:
    return f"| {title} | {' | '.join(cells)} |"
