"""The registration window as values: what may be asked for, and how one stands at a moment."""

from datetime import UTC, datetime, timedelta

import pytest

from common.errors import OperationError
from common.text.stored_messages import listed, said
from products.models import Product
from products.registration_window import (
    Window,
    check_window,
    ended_products,
    open_products,
    window_state,
)
from tests.factories import make_product

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("window", "field"),
    [
        (Window(hours=0), "hours"),
        (Window(hours=24 * 367), "hours"),
        (Window(until=NOW), "until"),
        (Window(until=NOW + timedelta(days=400)), "until"),
        (Window(budget=0), "budget"),
        (Window(budget=10_000_001), "budget"),
        (Window(names="[a"), "names"),
        (Window(networks=("10.0.0.0/40",)), "networks"),
        (Window(modes="all"), "modes"),
    ],
)
def test_what_makes_no_sense_is_refused_on_its_field(window: Window, field: str) -> None:
    with pytest.raises(OperationError) as refused:
        check_window(window, NOW)
    assert refused.value.field == field


def test_every_limit_changes_what_is_wished() -> None:
    windows = [
        Window(),
        Window(hours=8),
        Window(hours=9),
        Window(until=NOW),
        Window(until=NOW + HOUR),
        Window(budget=8),
        Window(names="a*"),
        Window(networks=("10.0.0.0/8",)),
        Window(modes="register"),
        Window(modes="regnwl"),
    ]
    assert len({window.wished for window in windows}) == len(windows)
    assert Window().wished == ""


def test_every_limit_is_named_in_words() -> None:
    window = Window(
        until=NOW, budget=100, names="lamp-*", networks=("10.0.0.0/8", "::/0"), modes="register"
    )
    assert said(listed(window.words)) == (
        "until 2026-11-24 10:00 UTC, with a budget of 100, for DeviceNames like lamp-*, "
        "only from 10.0.0.0/8 ::/0, only authType register"
    )
    assert [said(words) for words in Window(hours=8).words] == ["for 8 h"]
    assert Window().words == []


@pytest.mark.parametrize(
    ("values", "is_open", "closed_by"),
    [
        ({}, True, ""),
        ({"registration_closes_at": NOW + HOUR}, True, ""),
        ({"registration_closes_at": NOW}, False, "time"),
        ({"registration_budget": 10, "registration_used": 9}, True, ""),
        ({"registration_budget": 10, "registration_used": 10}, False, "budget"),
        ({"dynamic_registration": False}, False, ""),
        ({"dynamic_registration": False, "registration_closed_by": "time"}, False, "time"),
    ],
)
def test_a_window_is_closed_from_the_moment_it_ends(
    values: dict[str, object], is_open: bool, closed_by: str
) -> None:
    state = window_state(Product(**{"dynamic_registration": True, **values}), NOW)
    assert (state.open, state.closed_by) == (is_open, closed_by)


@pytest.mark.parametrize(
    ("used", "warning", "percent"), [(79, False, 79), (80, True, 80), (100, True, 100)]
)
def test_from_80_per_cent_of_the_budget_on_it_warns(used: int, warning: bool, percent: int) -> None:
    product = Product(dynamic_registration=True, registration_budget=100, registration_used=used)
    state = window_state(product, NOW)
    assert (state.warning, state.percent) == (warning, percent)


def test_without_a_budget_nothing_warns() -> None:
    state = window_state(Product(dynamic_registration=True), NOW)
    assert (state.warning, state.percent, state.budget) == (False, 0, None)


@pytest.mark.django_db
def test_products_are_open_or_ended_as_their_state_says() -> None:
    values: list[dict[str, object]] = [
        {},
        {"registration_closes_at": NOW + HOUR},
        {"registration_closes_at": NOW},
        {"registration_budget": 2, "registration_used": 1},
        {"registration_budget": 2, "registration_used": 2},
        {"registration_closes_at": NOW + HOUR, "registration_budget": 2, "registration_used": 3},
    ]
    for each in values:
        Product.objects.filter(pk=make_product().pk).update(**each)
    make_product(open_registration=False)
    on = Product.objects.filter(dynamic_registration=True)
    wanted = {product.pk for product in on if window_state(product, NOW).open}
    assert {product.pk for product in open_products(NOW)} == wanted
    assert {product.pk for product in ended_products(NOW)} == {p.pk for p in on} - wanted
    assert len(wanted) == 3
