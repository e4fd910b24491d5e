"""Locks of a registration before and after its signature is verified, and the state that counts."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from devices.models import Device
from devices.operations.refusal import Refused
from logs.reasons import Reason
from operators.actor import SHELL
from operators.confirmation import Confirmed
from products.models import Product
from products.operations.manage import delete_product
from protocol import signing
from registration.operations.dynamic_registration import purpose_of, set_dynamic_registration
from registration.operations.register import Outcome, register
from registration.operations.rotate_secret import (
    Overlap,
    end_overlap,
    end_overlap_purpose,
    rotate_secret,
    rotation_purpose,
)
from tests.factories import make_product, register_now, registration

pytestmark = pytest.mark.django_db
BAD = Refused(Reason.BAD_SIGNATURE)
Act = Callable[[Product], object]


def turn_off(product: Product) -> None:
    off = Confirmed.by_shell(purpose_of(product, enabled=False))
    set_dynamic_registration(product, enabled=False, confirmed=off)


def rotate(product: Product, overlap: Overlap | None = None) -> None:
    overlap = overlap or Overlap()
    confirmed = Confirmed.by_shell(rotation_purpose(product, overlap))
    rotate_secret(product, confirmed=confirmed, overlap=overlap)


def end(product: Product) -> None:
    end_overlap(product, confirmed=Confirmed.by_shell(end_overlap_purpose(product)))


def statements(product: Product, key: str | None = None) -> tuple[list[str], Outcome]:
    """Asked of the database for one request; its refusal is logged later, as from a device."""
    request = replace(registration(product, "lamp-0001", key=key), log_later=True)
    with CaptureQueriesContext(connection) as asked:
        (outcome,) = register([request], timezone.now())
    return [query["sql"] for query in asked], outcome


def test_before_the_proof_every_product_costs_one_query_and_none_is_held() -> None:
    unknown = Product(product_key="a1NotThere0")
    make_product()
    statements(unknown)  # chooses what stands in for those that do not exist
    told = {}
    for product in (unknown, make_product(), make_product(open_registration=False)):
        (asked,), outcome = statements(product, key="guessed")
        told[re.sub(r", [0-9]+\n", "", asked.replace(product.product_key, ""))] = outcome
        assert " FOR " not in asked
    assert len(told) == 1
    assert BAD in told.values()


def test_the_product_is_held_once_the_signature_is_proven() -> None:
    asked, outcome = statements(make_product())
    assert not isinstance(outcome, Refused)
    locking = [sql for sql in asked if " FOR NO KEY UPDATE" in sql]
    assert len(locking) == (1 if connection.features.has_select_for_update else 0)


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Act, Product], Outcome]:
    """Registers a device, and does `act` when its signature is verified the first time."""

    def registered(act: Act, product: Product) -> Outcome:
        acts, verify = [act], signing.verify

        def verify_late(*asked: object) -> bool:
            proven = verify(*asked)  # type: ignore[arg-type]
            while acts:
                acts.pop()(Product.objects.get(pk=product.pk))
            return proven

        monkeypatch.setattr(signing, "verify", verify_late)
        return register_now(registration(product, "lamp-0001"))[0]

    return registered


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (turn_off, "dynamic_registration_off"),
        (rotate, "bad_signature"),
        (lambda product: delete_product(SHELL, product.product_key), "product_not_found"),
    ],
    ids=["turned off", "rotated", "deleted"],
)
def test_what_happens_to_the_product_before_it_is_held_counts(
    meanwhile: Callable[[Act, Product], Outcome], act: Act, reason: str
) -> None:
    assert meanwhile(act, make_product()) == Refused(Reason(reason))
    assert not Device.objects.exists()


def test_an_old_secret_whose_time_is_ended_before_the_product_is_held_proves_nothing(
    meanwhile: Callable[[Act, Product], Outcome],
) -> None:
    product = make_product()
    rotate(product, Overlap(days=1))
    assert meanwhile(end, product) == BAD


def test_a_secret_that_becomes_the_old_one_meanwhile_is_noted_as_such(
    meanwhile: Callable[[Act, Product], Outcome],
) -> None:
    outcome = meanwhile(lambda product: rotate(product, Overlap(days=1)), make_product())
    assert not isinstance(outcome, Refused)
    assert Device.objects.get().secret_version == 1
    assert Product.objects.get().secret_version == 2
