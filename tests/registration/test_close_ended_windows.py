"""The round that turns the switch off where a window has ended by itself."""

from datetime import UTC, datetime, timedelta

import pytest

from devices.operations.refusal import Refused
from logs.models import LogEntry
from logs.reasons import Reason
from operators.models import AuditEntry
from products.models import Product
from products.registration_window import Window, window_state
from registration.operations.dynamic_registration import close_ended_windows
from tests.factories import issued_client_id, make_product, open_window, register_one

pytestmark = pytest.mark.django_db


def limited(window: Window) -> Product:
    return open_window(make_product(open_registration=False), window)


def later(hours: float) -> datetime:
    return datetime.now(UTC) + timedelta(hours=hours)


def used_up() -> Product:
    product = limited(Window(budget=1))
    issued_client_id(product, "lamp-0001")
    return product


def test_it_turns_off_what_has_ended_and_nothing_else() -> None:
    timed, spent = limited(Window(hours=1)), used_up()
    still_open = [limited(Window(hours=3)), limited(Window(budget=1)), make_product()]
    close_ended_windows(later(2))
    assert set(Product.objects.filter(dynamic_registration=True)) == set(still_open)
    off = Product.objects.filter(dynamic_registration=False)
    assert {p.pk: p.registration_closed_by for p in off} == {timed.pk: "time", spent.pk: "budget"}


def test_audit_and_log_say_that_it_closed_by_itself_and_why() -> None:
    product = used_up()
    close_ended_windows(later(0))
    entry = AuditEntry.objects.filter(act="product.dynamic_registration").latest("pk")
    assert (entry.origin, entry.operator, entry.target) == ("system", None, product.target)
    assert entry.text == "Turned off Dynamic Registration: its budget was used up"
    logged = LogEntry.objects.get(operation="dynamic_registration_off")
    assert logged.detail == {"by": "system", "because": "its budget was used up"}


def test_doing_it_again_changes_nothing() -> None:
    used_up()
    close_ended_windows(later(0))
    entries = AuditEntry.objects.count()
    close_ended_windows(later(1))
    assert AuditEntry.objects.count() == entries


def test_after_it_the_reason_stays_the_same() -> None:
    timed, spent = limited(Window(hours=1)), used_up()
    close_ended_windows(later(2))
    assert register_one(timed, "lamp-0001") == Refused(Reason.WINDOW_CLOSED)
    assert register_one(spent, "lamp-0002") == Refused(Reason.BUDGET_USED_UP)


def test_what_it_was_opened_for_stays_to_be_seen() -> None:
    product = used_up()
    close_ended_windows(later(0))
    product.refresh_from_db()
    state = window_state(product)
    assert (state.open, state.closed_by, state.used, state.budget) == (False, "budget", 1, 1)


def test_opened_again_it_is_open() -> None:
    product = used_up()
    close_ended_windows(later(0))
    open_window(product, Window(budget=1))
    issued_client_id(product, "lamp-0002")
