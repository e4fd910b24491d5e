"""An administrator chooses the products of an account."""

import pytest
from django.test import Client

from operators.models import AuditEntry, Operator, Role
from products.access import changeable_products, visible_products
from tests.console.dom import by_id, text, tree
from tests.console.fixtures import confirmed
from tests.console.seed import Fleet
from tests.operators.people import person


@pytest.fixture
def admin(db: None) -> Client:
    root = person("root", role=Role.ADMIN)
    client = Client()
    client.force_login(root)
    return confirmed(client, root)


@pytest.fixture
def account(db: None) -> Operator:
    return person("lim")


def choice(fleet: Fleet, lamp: str = "none", meter: str = "none", **more: str) -> dict[str, str]:
    keys = fleet.lamp.product_key, fleet.meter.product_key
    return {f"of-{keys[0]}": lamp, f"of-{keys[1]}": meter, **more}


def again(account: Operator) -> Operator:
    return Operator.objects.get(pk=account.pk)


def test_looking_and_changing_are_granted_product_by_product(
    admin: Client, account: Operator, fleet: Fleet
) -> None:
    url = f"/products/access/{account.pk}/"
    page = tree(admin.get(url))
    assert text(by_id(page, "dialog-title")) == "Products of lim"
    lamp, meter = fleet.lamp.product_key, fleet.meter.product_key
    assert admin.post(url, choice(fleet, "look", "change")).status_code == 302
    assert set(visible_products(again(account))) == {fleet.lamp, fleet.meter}
    assert list(changeable_products(again(account))) == [fleet.meter]
    entry = AuditEntry.objects.get(act="operator.products")
    assert entry.target == account.target
    assert entry.text == f"Products to change: {meter}; to view: {lamp}"
    assert "Can view and change" in text(tree(admin.get(account.get_absolute_url())))


def test_what_is_not_chosen_is_closed(admin: Client, account: Operator, fleet: Fleet) -> None:
    url = f"/products/access/{account.pk}/"
    admin.post(url, choice(fleet, "look"))
    assert list(visible_products(again(account))) == [fleet.lamp]
    admin.post(url, choice(fleet))
    assert not visible_products(again(account)).exists()


def test_every_product_is_every_product(admin: Client, account: Operator, fleet: Fleet) -> None:
    url = f"/products/access/{account.pk}/"
    admin.post(url, choice(fleet))
    admin.post(url, choice(fleet, every_product="on"))
    assert visible_products(again(account)).count() == 2
    assert changeable_products(again(account)).count() == 2


def test_a_viewer_changes_nothing_whatever_is_granted(
    admin: Client, fleet: Fleet, db: None
) -> None:
    viewer = person("vik", role=Role.VIEWER)
    admin.post(f"/products/access/{viewer.pk}/", choice(fleet, "change"))
    assert list(visible_products(again(viewer))) == [fleet.lamp]
    assert not changeable_products(again(viewer)).exists()


def test_only_administrators_choose(account: Operator, fleet: Fleet) -> None:
    console = Client()
    console.force_login(person("mei"))
    url = f"/products/access/{account.pk}/"
    assert console.get(url).status_code == 403
    assert console.post(url, {}).status_code == 403
    assert again(account).every_product
