"""The registration window: whom it lets in, what counts, and when it is over."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.errors import OperationError
from devices.models import ClientBinding, Device
from devices.operations.manage import delete_device, reset, set_enabled
from devices.operations.refusal import Refused
from logs.models import LogEntry
from logs.reasons import REASONS, Reason
from mqtt.listener.connack import connack_of
from operators.actor import SHELL
from operators.confirmation import Confirmed
from products.models import Product
from products.registration_window import Window
from protocol.client_id import RegistrationMode
from registration.operations.client_id_slots import ClientIdIssued
from registration.operations.dynamic_registration import purpose_of, set_dynamic_registration
from registration.operations.register import Outcome
from tests.factories import (
    issued_client_id,
    issued_secret,
    make_device,
    make_product,
    open_window,
    register_now,
    register_one,
    registration,
)

pytestmark = pytest.mark.django_db
REGISTER, REGNWL = RegistrationMode.REGISTER, RegistrationMode.REGNWL
USED_UP = Refused(Reason.BUDGET_USED_UP)


def limited(**limits: object) -> Product:
    return open_window(make_product(open_registration=False), Window(**limits))  # type: ignore[arg-type]


def used(product: Product) -> int:
    return Product.objects.get(pk=product.pk).registration_used


def served(outcomes: list[Outcome]) -> list[bool]:
    return [not isinstance(outcome, Refused) for outcome in outcomes]


# --- until when ------------------------------------------------------------------------------
def test_it_closes_at_the_moment_chosen_whether_or_not_the_round_has_run() -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    product = limited(until=until)
    assert not isinstance(register_one(product, "lamp-0001", now=until - timedelta(1e-5)), Refused)
    assert register_one(product, "lamp-0001", now=until) == Refused(Reason.WINDOW_CLOSED)


def test_hours_run_from_the_moment_it_is_turned_on() -> None:
    before = datetime.now(UTC)
    closes_at = limited(hours=8).registration_closes_at
    assert closes_at is not None
    assert before <= closes_at - timedelta(hours=8) <= datetime.now(UTC)


def test_a_moment_that_has_passed_meanwhile_opens_nothing() -> None:
    product = make_product(open_registration=False)
    with pytest.raises(OperationError, match="has passed"):
        open_window(product, Window(until=datetime.now(UTC) - timedelta(seconds=1)))
    product.refresh_from_db()
    assert not product.dynamic_registration


# --- who -------------------------------------------------------------------------------------
def test_only_device_names_of_the_pattern_are_let_in() -> None:
    product = limited(names="lamp-[0-9]*")
    requests = [registration(product, name) for name in ("lamp-0001", "lamp-x001", "fan-0001")]
    outcomes = register_now(*requests)
    assert served(outcomes) == [True, False, False]
    assert outcomes[1:] == [Refused(Reason.NAME_NOT_ALLOWED)] * 2


def test_only_the_networks_named_are_let_in() -> None:
    product = limited(networks=("198.51.100.0/24", "2001:db8::/32"))
    addresses = ("198.51.100.9", "2001:db8::1", "192.0.2.7", None)
    requests = [registration(product, "lamp-0001", address=address) for address in addresses]
    outcomes = register_now(*requests)
    assert served(outcomes) == [True, True, False, False]
    assert outcomes[2:] == [Refused(Reason.NETWORK_NOT_ALLOWED)] * 2


@pytest.mark.parametrize("mode", [REGISTER, REGNWL])
def test_only_the_mode_named_is_let_in(mode: RegistrationMode) -> None:
    product = limited(modes=mode.value)
    make_device(product, "lamp-0001")
    outcomes = {each: register_one(product, "lamp-0001", each) for each in RegistrationMode}
    refused = [each for each, outcome in outcomes.items() if isinstance(outcome, Refused)]
    assert refused == [each for each in RegistrationMode if each is not mode]
    assert outcomes[refused[0]] == Refused(Reason.MODE_NOT_ALLOWED)


# --- how many --------------------------------------------------------------------------------
def test_each_client_id_counts() -> None:
    product = limited(budget=3)
    for _ in range(2):
        issued_client_id(product, "lamp-0001")
    issued_client_id(product, "lamp-0002")
    assert used(product) == 3
    assert register_one(product, "lamp-0003") == USED_UP


def test_delivering_the_same_device_secret_again_does_not_count() -> None:
    product = limited(budget=2)
    make_device(product, "lamp-0001")
    assert len({issued_secret(product, "lamp-0001") for _ in range(4)}) == 1
    assert used(product) == 1


def test_a_device_that_was_reset_was_counted_already() -> None:
    product = limited(budget=2)
    make_device(product, "lamp-0001")
    issued_secret(product, "lamp-0001")
    reset(SHELL, product.product_key, "lamp-0001")
    issued_secret(product, "lamp-0001")
    assert used(product) == 1


def test_a_device_deleted_and_added_again_is_a_new_one() -> None:
    product = limited(budget=2)
    for _ in range(2):
        make_device(product, "lamp-0001")
        issued_secret(product, "lamp-0001")
        delete_device(SHELL, product.product_key, "lamp-0001")
    assert used(product) == 2


def test_a_client_id_does_not_pay_for_the_device_secret() -> None:
    product = limited(budget=5)
    make_device(product, "lamp-0001")
    issued_client_id(product, "lamp-0001")
    issued_secret(product, "lamp-0001")
    assert used(product) == 2


def test_what_is_refused_does_not_count() -> None:
    product = limited(budget=6)
    for _ in range(5):
        issued_client_id(product, "lamp-0001")
    make_device(product, "lamp-0002")
    set_enabled(SHELL, product.product_key, "lamp-0002", enabled=False)
    refused = register_now(
        registration(product, "lamp-0001"),
        registration(product, "lamp-0002"),
        registration(product, "lamp-0003", REGISTER),
        registration(product, "lamp-0004", key="wrong"),
    )
    assert served(refused) == [False] * 4
    assert used(product) == 5
    issued_client_id(product, "lamp-0005")


def test_the_last_places_of_a_batch_go_to_the_first() -> None:
    product = limited(budget=4)
    for number in range(1, 4):
        make_device(product, f"pre-{number:04}")
    outcomes = register_now(
        registration(product, "pre-0001", REGISTER),
        registration(product, "lamp-0001"),
        registration(product, "pre-0001", REGISTER),  # the same secret again
        registration(product, "none-0001", REGISTER),  # no such device
        registration(product, "pre-0002", REGISTER),
        registration(product, "lamp-0002"),
        registration(product, "pre-0003", REGISTER),
        registration(product, "lamp-0001"),
        registration(product, "pre-0002", REGISTER),  # the same secret again
    )
    assert served(outcomes) == [True, True, True, False, True, True, False, False, True]
    assert [o for o in outcomes if isinstance(o, Refused)] == [
        Refused(Reason.DEVICE_NOT_FOUND),
        USED_UP,
        USED_UP,
    ]
    assert used(product) == 4


def test_a_name_that_got_no_place_is_not_created() -> None:
    product = limited(budget=1)
    requests = [registration(product, f"lamp-{n:04}") for n in range(5)]
    assert served(register_now(*requests)) == [True] + [False] * 4
    assert [device.device_name for device in Device.objects.all()] == ["lamp-0000"]
    assert ClientBinding.objects.count() == 1


def test_the_budgets_of_a_batch_are_each_product_own() -> None:
    small, large, free = limited(budget=1), limited(budget=2), make_product()
    products = [small, large, free]
    requests = [registration(p, f"lamp-{n:04}") for n in range(3) for p in products]
    outcomes = register_now(*requests)
    assert [sum(served(outcomes[place::3])) for place in range(3)] == [1, 2, 3]
    assert [used(product) for product in products] == [1, 2, 0]


def test_a_used_up_budget_closes_at_once() -> None:
    product = limited(budget=1)
    make_device(product, "lamp-0001")
    issued_secret(product, "lamp-0001")
    assert register_one(product, "lamp-0001", REGISTER) == USED_UP


# --- opening, changing, closing --------------------------------------------------------------
def test_opening_again_begins_to_count_anew() -> None:
    product = limited(budget=2)
    make_device(product, "lamp-0001")
    issued_secret(product, "lamp-0001")
    off = Confirmed.by_shell(purpose_of(product, enabled=False))
    set_dynamic_registration(product, enabled=False, confirmed=off)
    open_window(product, Window(budget=2))
    assert used(product) == 0
    issued_secret(product, "lamp-0001")
    assert used(product) == 1


def test_a_changed_budget_goes_on_counting() -> None:
    product = limited(budget=2)
    make_device(product, "lamp-0001")
    issued_secret(product, "lamp-0001")
    product = open_window(product, Window(budget=3, names="lamp-*"))
    issued_secret(product, "lamp-0001")
    assert used(product) == 1


def test_a_budget_below_what_was_used_is_refused() -> None:
    product = limited(budget=3)
    for number in range(2):
        issued_client_id(product, f"lamp-{number:04}")
    with pytest.raises(OperationError) as refused:
        open_window(product, Window(budget=2))
    assert refused.value.field == "budget"
    assert used(product) == 2


def test_a_first_budget_counts_from_when_it_was_given() -> None:
    product = limited()
    issued_client_id(product, "lamp-0001")
    product = open_window(product, Window(budget=1))
    issued_client_id(product, "lamp-0002")
    assert register_one(product, "lamp-0003") == USED_UP


def test_opening_without_limits_takes_the_old_ones_away() -> None:
    product = limited(budget=1, names="fan-*", networks=("10.0.0.0/8",), modes="register", hours=1)
    open_window(product, Window())
    later = datetime.now(UTC) + timedelta(days=400)
    assert isinstance(register_one(product, "lamp-0001", now=later), ClientIdIssued)


def test_a_confirmation_for_one_window_opens_no_other() -> None:
    product = make_product(open_registration=False)
    confirmed = Confirmed.by_shell(purpose_of(product, enabled=True, window=Window(budget=1)))
    for window in (Window(), Window(budget=2), Window(budget=1, names="a*")):
        with pytest.raises(ValueError, match="something else"):
            set_dynamic_registration(product, enabled=True, confirmed=confirmed, window=window)


# --- what devices and attackers learn --------------------------------------------------------
def test_before_the_signature_is_proven_a_window_is_not_told_of() -> None:
    products = [
        limited(names="fan-*"),
        limited(networks=("10.0.0.0/8",)),
        limited(modes="register"),
        limited(budget=1),
        make_product(),
    ]
    issued_client_id(products[3], "fan-0001")
    requests = [registration(product, "lamp-0001", key="wrong") for product in products]
    assert register_now(*requests) == [Refused(Reason.BAD_SIGNATURE)] * 5


@pytest.mark.parametrize(
    "reason",
    [
        "window_closed",
        "budget_used_up",
        "name_not_allowed",
        "network_not_allowed",
        "mode_not_allowed",
    ],
)
def test_devices_hear_one_code_and_operators_the_next_step(reason: str) -> None:
    assert connack_of(Reason(reason), registration=True) == 4
    assert REASONS[reason].next_step


def test_a_refusal_is_logged_with_its_reason() -> None:
    register_one(limited(names="fan-*"), "lamp-0001")
    entry = LogEntry.objects.get(service_type="registration")
    assert (entry.reason, entry.device_name, entry.address) == (
        "name_not_allowed",
        "lamp-0001",
        "192.0.2.7",
    )


# --- what it costs ---------------------------------------------------------------------------
def cost(product: Product) -> int:
    """Statements of a batch in both modes, all served."""
    for number in range(3):
        make_device(product, f"pre-{number:04}")
    requests = [registration(product, f"pre-{n:04}", REGISTER) for n in range(3)]
    requests += [registration(product, f"lamp-{n:04}") for n in range(3)]
    with CaptureQueriesContext(connection) as statements:
        outcomes = register_now(*requests)
    assert all(served(outcomes))
    return len(statements)


def test_a_budget_costs_one_update_and_every_other_limit_nothing() -> None:
    unlimited = cost(make_product())
    limits = {"hours": 1, "names": "*-*", "networks": ("192.0.2.0/24",)}
    assert cost(limited(**limits)) == unlimited
    assert cost(limited(**limits, budget=6)) == unlimited + 1
