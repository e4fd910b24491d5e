"""`manage.py dynamic_registration on|off PRODUCT_KEY`."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management.base import CommandError

from logs.models import LogEntry
from operators.models import AuditEntry
from tests.factories import make_product
from tests.shell import answer, failure, words

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("wished", ["on", "off"])
def test_it_turns_the_switch(wished: str) -> None:
    product = make_product(open_registration=wished == "off")
    told = answer("dynamic_registration", wished, product.product_key)
    assert told == {
        "product_key": product.product_key,
        "dynamic_registration": wished == "on",
    }
    product.refresh_from_db()
    assert product.dynamic_registration is (wished == "on")


def test_audit_and_log_name_the_shell() -> None:
    product = make_product(open_registration=False)
    words("dynamic_registration", "on", product.product_key)
    entry = AuditEntry.objects.filter(act="product.dynamic_registration").get()
    assert (entry.origin, entry.target) == ("shell", product.target)
    assert LogEntry.objects.get().detail == {"by": "shell"}


def test_an_unknown_product_is_refused_with_the_field_named() -> None:
    assert failure("dynamic_registration", "on", "a1nosuchkey")["field"] == "product_key"


def test_anything_but_on_and_off_is_refused() -> None:
    product = make_product(open_registration=False)
    with pytest.raises(CommandError, match="invalid choice"):
        words("dynamic_registration", "maybe", product.product_key)


def test_limits_are_options() -> None:
    product = make_product(open_registration=False)
    options = ["--hours=8", "--budget=100", "--pattern=lamp-*", "--mode=regnwl"]
    networks = ["--network=192.0.2.0/24", "--network=2001:DB8::/32"]
    told = answer("dynamic_registration", "on", product.product_key, *options, *networks)["window"]
    closes = datetime.fromisoformat(told.pop("until"))
    assert abs(closes - datetime.now(UTC) - timedelta(hours=8)) < timedelta(minutes=1)
    assert told == {
        "budget": 100,
        "pattern": "lamp-*",
        "network": ["192.0.2.0/24", "2001:db8::/32"],
        "mode": "regnwl",
    }


def test_it_says_how_far_it_is_open() -> None:
    product = make_product(open_registration=False)
    until = "--until=2126-11-24T10:00:00Z"
    with pytest.raises(CommandError, match="more than a year"):
        words("dynamic_registration", "on", product.product_key, until)
    told = words("dynamic_registration", "on", product.product_key, "--hours=2", "--budget=7")
    assert "is on, for 2 h, with a budget of 7." in told


@pytest.mark.parametrize(
    ("option", "field"),
    [
        ("--until=2020-01-01T00:00", "until"),
        ("--hours=0", "hours"),
        ("--budget=0", "budget"),
        ("--pattern=[", "names"),
        ("--network=home", "networks"),
    ],
)
def test_a_limit_that_makes_no_sense_opens_nothing(option: str, field: str) -> None:
    product = make_product(open_registration=False)
    told = failure("dynamic_registration", "on", product.product_key, option)
    assert told["field"] == field
    product.refresh_from_db()
    assert not product.dynamic_registration


def test_off_takes_no_limits() -> None:
    product = make_product()
    with pytest.raises(CommandError, match="belong to `on`"):
        words("dynamic_registration", "off", product.product_key, "--budget=3")
    product.refresh_from_db()
    assert product.dynamic_registration


def test_hours_and_a_moment_exclude_each_other() -> None:
    product = make_product(open_registration=False)
    both = ["--hours=1", "--until=2126-01-01T00:00Z"]
    with pytest.raises(CommandError, match="not allowed with"):
        words("dynamic_registration", "on", product.product_key, *both)
