"""Many devices at the last places of a budget, and operators who close and open meanwhile."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from devices.models import ClientBinding, Device
from devices.operations.refusal import Refused
from operators.models import AuditEntry
from products.models import Product
from products.registration_window import Window
from protocol.client_id import RegistrationMode
from registration.operations.dynamic_registration import close_ended_windows
from registration.operations.register import Outcome, SecretIssued
from tests.factories import (
    make_device,
    make_product,
    open_window,
    register_now,
    register_one,
    registration,
)
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
REGISTER = RegistrationMode.REGISTER


def limited(budget: int) -> Product:
    return open_window(make_product(open_registration=False), Window(budget=budget))


def served(outcomes: list[Outcome]) -> int:
    return sum(not isinstance(outcome, Refused) for outcome in outcomes)


def test_200_parallel_requests_get_exactly_the_budget() -> None:
    product = limited(70)
    outcomes = at_once(*[partial(register_one, product, f"lamp-{n:04}") for n in range(200)])
    assert served(outcomes) == 70
    assert ClientBinding.objects.count() == Device.objects.count() == 70
    assert Product.objects.get(pk=product.pk).registration_used == 70


def test_parallel_batches_in_both_modes_get_exactly_the_budget() -> None:
    product = limited(50)
    for number in range(40):
        make_device(product, f"pre-{number:04}")

    def batch(first: int) -> list[Outcome]:
        requests = [
            registration(product, f"pre-{n % 40:04}", REGISTER) for n in range(first, first + 8)
        ]
        requests += [registration(product, f"lamp-{n:04}") for n in range(first, first + 8)]
        return register_now(*requests)

    outcomes = [
        each for group in at_once(*[partial(batch, n * 8) for n in range(20)]) for each in group
    ]
    secrets = {each.device_secret for each in outcomes if isinstance(each, SecretIssued)}
    assert len(secrets) + ClientBinding.objects.count() == 50
    assert Product.objects.get(pk=product.pk).registration_used == 50


def test_parallel_requests_of_one_device_for_its_secret_count_once() -> None:
    product = limited(2)
    make_device(product, "lamp-0001")
    outcomes = at_once(*[partial(register_one, product, "lamp-0001", REGISTER)] * 60)
    assert served(outcomes) == 60
    assert Product.objects.get(pk=product.pk).registration_used == 1


def test_several_rounds_at_once_close_a_window_once() -> None:
    product = limited(1)
    register_one(product, "lamp-0001")
    at_once(*[partial(close_ended_windows, datetime.now(UTC))] * 10)
    closing = AuditEntry.objects.filter(target=product.target, origin="system")
    assert closing.count() == 1


def test_a_window_opened_for_longer_is_not_closed_by_a_round_under_way() -> None:
    product = limited(1)
    register_one(product, "lamp-0001")
    now = datetime.now(UTC) + timedelta(seconds=1)
    again = partial(open_window, product, Window(budget=2))
    at_once(again, *[partial(close_ended_windows, now)] * 5)
    product.refresh_from_db()
    assert product.dynamic_registration
    assert product.registration_used == 0
