"""Before anything is proven, the work done for a stranger does not depend on what exists."""

import gc
import random
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from types import FrameType
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bench.timing.classes import Kind, kinds
from bench.timing.measuring import operation, read
from bench.timing.welch import Pair, compare
from common.ops.ratelimit import FailureLimits
from devices.models import Device
from devices.operations import authenticate, credential_check
from devices.operations.refusal import Refused
from logs.reasons import Reason
from mqtt.listener.admission import Gate
from mqtt.listener.dispatch import Outcome, perform
from products.models import Product
from registration.operations import proof as registration_proof
from tests.statements import without_values

pytestmark = pytest.mark.django_db

KINDS = ("register", "regnwl", "signature", "token")
COUNT = 120
# More than chance brings about in a life of tests.
MUCH = 10.0
UNPROVEN = {"product_not_found", "bad_signature", "unknown_device", "bad_credential"}


@pytest.fixture
def prepared() -> dict[str, Kind]:
    return {kind.name: kind for kind in kinds(timezone.now(), products=3, devices=5)}


@pytest.fixture
def gate() -> Gate:
    return Gate(UUID(int=1), FailureLimits(10**6, 10**6, 10**6), lambda _record: None)


def chance() -> random.Random:
    return random.Random(1)  # noqa: S311 - to be repeated


class Calls:
    """Every function called meanwhile, in Python or in C, and how often."""

    def __init__(self) -> None:
        self.made: Counter[str] = Counter()

    def __enter__(self) -> "Calls":
        gc.disable()  # what it calls would be counted
        sys.setprofile(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        gc.enable()
        del self.made["__exit__"], self.made["setprofile"]

    def _note(self, frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            self.made[frame.f_code.co_qualname] += 1
        elif event == "c_call":
            self.made[argument.__name__] += 1


def worked(
    kind: Kind, gate: Gate, *, later: bool = True
) -> dict[str, tuple[list[str], Counter[str], Outcome]]:
    """By class: statements without the names in them, calls, and the outcome."""
    work = {}
    for name, probe in [*kind.classes.items(), *kind.classes.items()]:  # the first time warms up
        request = replace(read(gate, probe(chance())), log_later=later)
        with CaptureQueriesContext(connection) as asked:
            (outcome,) = perform([request], timezone.now())
        with Calls() as calls:
            perform([request], timezone.now())
        statements = [without_values(query["sql"]) for query in asked]
        work[name] = (statements, calls.made, outcome)
    return work


@pytest.mark.parametrize(
    ("kind", "later"),
    # For a broker, a refusal is logged in the same transaction.
    [*((kind, True) for kind in KINDS), ("signature", False), ("token", False)],
)
def test_every_refusal_takes_the_same_statements_and_the_same_calls(
    prepared: dict[str, Kind], gate: Gate, kind: str, later: bool
) -> None:
    work = worked(prepared[kind], gate, later=later)
    first_statements, first_calls, _ = next(iter(work.values()))
    for name, (statements, calls, outcome) in work.items():
        assert isinstance(outcome, Refused)
        assert outcome.reason in UNPROVEN
        assert statements == first_statements, name
        assert calls == first_calls, (name, calls - first_calls, first_calls - calls)
        assert not any(" FOR " in statement for statement in statements)
    assert len({outcome.reason for _, _, outcome in work.values()}) == 2  # type: ignore[union-attr]


def measured(kind: Kind, gate: Gate) -> list[Pair]:
    """Time on the processor: others may keep the machine busy."""
    return compare(operation(kind, COUNT, chance(), gate)["processor"])


@pytest.mark.parametrize("kind", KINDS)
def test_every_refusal_takes_the_same_time(
    prepared: dict[str, Kind], gate: Gate, kind: str
) -> None:
    assert [pair for pair in measured(prepared[kind], gate) if abs(pair.t) > MUCH] == []


def lock_known_products(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was once: held before anything was proven."""
    real = registration_proof.screen

    def screen(requests: Any, now: Any) -> Any:
        keys = {request.params.product_key for request in requests}
        if Product.objects.filter(product_key__in=keys):
            list(Product.objects.select_for_update(no_key=True).filter(product_key__in=keys))
        return real(requests, now)

    monkeypatch.setattr("registration.operations.register.screen", screen)


def look_at_known_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second look at those that exist, and none at the others."""
    real = credential_check.prove

    def prove(requests: Any) -> Any:
        proofs = real(requests)
        if Refused(Reason.BAD_CREDENTIAL) in proofs:
            Device.objects.first()
        return proofs

    monkeypatch.setattr(authenticate, "prove", prove)


@pytest.mark.parametrize(
    ("kind", "leak", "known"),
    [
        ("register", lock_known_products, {"unknown device", "closed switch", "activated device"}),
        ("signature", look_at_known_devices, {"wrong password", "disabled device"}),
    ],
)
def test_a_leak_is_seen_by_both_means(
    prepared: dict[str, Kind],
    gate: Gate,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    leak: Callable[[pytest.MonkeyPatch], None],
    known: set[str],
) -> None:
    leak(monkeypatch)
    seen = [pair for pair in measured(prepared[kind], gate) if pair.differs]
    assert {frozenset({p.one, p.two}) for p in seen} == {
        frozenset({one, two}) for one in known for two in prepared[kind].classes.keys() - known
    }
    calls = {
        name: sum(made.values()) for name, (_, made, _) in worked(prepared[kind], gate).items()
    }
    assert min(calls[name] for name in known) > max(calls[name] for name in calls.keys() - known)
