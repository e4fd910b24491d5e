"""No page asks the database more often because there is more to show."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from operators.actor import SHELL
from operators.models import AccessKeyScope, Operator
from operators.operations.access_keys import create_access_key
from products.models import Product
from products.operations.manage import create_product
from protocol.client_id import RegistrationMode
from registration.operations.client_id_slots import ClientIdIssued
from tests.console.pages import every_page
from tests.console.seed import Fleet
from tests.factories import connect_now, register_now, registration, token_connection

# What the page with most to tell may ask for, session and operator included.
BUDGET = 30
# More than one page of every list.
MORE = 60


@pytest.fixture
def _as_deployed(settings: LazySettings) -> None:
    settings.SMS_BACKEND = "console"


def asked(browser: Client, fleet: Fleet) -> dict[str, list[str]]:
    """The statements of every page, by its name."""
    return dict(_ask(browser, every_page(fleet.lamp, fleet.cloned)))


def _ask(browser: Client, pages: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    for name, path in pages.items():
        with CaptureQueriesContext(connection) as queries:
            browser.get(path)
        yield name, [query["sql"] for query in queries]


def grow(fleet: Fleet) -> None:
    """Products, access keys, devices of one product, clones, what was done by and to them."""
    owner = Operator.objects.get(username="chen")
    for number in range(MORE):
        create_product(SHELL, f"Further_{number:03}")
        create_access_key(SHELL, f"further-{number:03}", AccessKeyScope.DEVICES, owner)
    Product.objects.update(dynamic_registration=True)
    names = [f"lamp-1{number:03}" for number in range(MORE)] * 2
    requests = [registration(fleet.lamp, name, RegistrationMode.REGNWL) for name in names]
    issued = [one for one in register_now(*requests) if isinstance(one, ClientIdIssued)]
    assert len(issued) == 2 * MORE
    for half in (slice(None, MORE), slice(MORE, None)):
        pairs = zip(names[half], issued[half], strict=True)
        connect_now(*(token_connection(fleet.lamp.product_key, name, one) for name, one in pairs))


@pytest.mark.usefixtures("_as_deployed")
def test_the_number_of_queries_does_not_grow_with_the_rows(console: Client, fleet: Fleet) -> None:
    asked(console, fleet)  # what is read once and kept
    before = asked(console, fleet)
    grow(fleet)
    after = asked(console, fleet)
    grown = {name: after[name] for name in before if len(after[name]) > len(before[name])}
    assert not grown, grown


@pytest.mark.usefixtures("_as_deployed")
def test_every_page_keeps_to_its_budget(console: Client, fleet: Fleet) -> None:
    counts = {name: len(queries) for name, queries in asked(console, fleet).items()}
    assert {name: count for name, count in counts.items() if count > BUDGET} == {}
