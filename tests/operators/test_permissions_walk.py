"""Limited accounts see no other product: every existing URL is tried.

New URLs are tried too. OTHERS contains what their patterns need beyond a product and a device.
"""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from devices.models import Device
from operators.models import Operator, Role
from products.models import Product, ProductGrant
from tests.console.fixtures import confirmed, htmx
from tests.console.seed import Fleet
from tests.operators.people import person

Name = tuple[str, tuple[str, ...]]  # of a view, and of its arguments
OTHERS = {"tab": "topics", "key": 1}
PUBLIC = {"ca_certificate"}


def names(resolver: URLResolver, space: str = "") -> Iterator[Name]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from names(pattern, inner)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield f"{space}{pattern.name}", tuple(pattern.pattern.converters)


def all_names() -> list[Name]:
    return sorted(set(names(get_resolver())))


def urls_of(product: Product, device_name: str) -> list[str]:
    """Every URL that names a product, for this one."""
    values = {"product_key": product.product_key, "device_name": device_name, **OTHERS}
    found = [
        reverse(name, kwargs={each: values[each] for each in arguments})
        for name, arguments in all_names()
        if "product_key" in arguments
    ]
    assert len(found) > 15
    return found


def pages() -> list[str]:
    """Every URL that names nothing."""
    return [
        reverse(name) for name, arguments in all_names() if not arguments and name not in PUBLIC
    ]


def limited_to(product: Product, *, may_change: bool, role: Role = Role.OPERATOR) -> Operator:
    operator = person("lim", role=role, phone="+8613912340000")
    Operator.objects.filter(pk=operator.pk).update(every_product=False)
    ProductGrant.objects.create(operator=operator, product=product, may_change=may_change)
    return Operator.objects.get(pk=operator.pk)


def browser_of(operator: Operator) -> Client:
    client = Client()
    client.force_login(operator)
    return confirmed(client, operator)


def marks(product: Product) -> list[str]:
    """The texts that would reveal a product or one of its devices."""
    devices = Device.objects.filter(product=product).values_list("device_name", flat=True)
    return [product.product_key, product.name, *devices]


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("headers", [{}, htmx("dialog-body")], ids=["page", "htmx"])
def test_nothing_of_a_foreign_product_is_there(
    fleet: Fleet, method: str, headers: dict[str, str]
) -> None:
    client = browser_of(limited_to(fleet.meter, may_change=True))
    for url in urls_of(fleet.lamp, fleet.cloned.device_name):
        response = getattr(client, method)(url, headers=headers)
        assert response.status_code == 404, url
        assert fleet.lamp.product_secret not in response.content.decode(), url
        assert fleet.lamp.name not in response.content.decode(), url


def test_a_product_one_may_only_look_at_takes_no_change(fleet: Fleet) -> None:
    client = browser_of(limited_to(fleet.meter, may_change=False))
    for url in urls_of(fleet.meter, fleet.plain.device_name):
        response = client.post(url)
        assert response.status_code == 403, url
        assert "but not change it" in response.content.decode(), url


def test_whoever_may_only_look_gets_no_dialog_of_a_change(fleet: Fleet) -> None:
    """An operator who may only view this product is refused the same as a viewer."""
    viewer = browser_of(person("vik", role=Role.VIEWER))
    client = browser_of(limited_to(fleet.meter, may_change=False))
    for url in urls_of(fleet.meter, fleet.plain.device_name):
        assert client.get(url).status_code == viewer.get(url).status_code, url


def test_a_product_one_may_change_answers_as_to_everybody(console: Client, fleet: Fleet) -> None:
    client = browser_of(limited_to(fleet.meter, may_change=True))
    for url in urls_of(fleet.meter, fleet.plain.device_name):
        assert client.get(url).status_code == console.get(url).status_code, url


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.VIEWER])
def test_no_list_shows_a_foreign_product(fleet: Fleet, role: Role) -> None:
    client = browser_of(limited_to(fleet.meter, may_change=True, role=role))
    seen = ""
    for url in pages():
        for query in ("", "?q=lamp", f"?product={fleet.lamp.product_key}"):
            shown = client.get(url + query).getvalue().decode(errors="replace").replace(query, "")
            found = [mark for mark in marks(fleet.lamp) if mark in shown]
            # What one typed stands in the filter again.
            found = [mark for mark in found if mark not in query]
            assert found == [], url + query
            seen += shown
    assert fleet.meter.name in seen
    assert fleet.plain.device_name in seen


def test_counts_are_of_ones_own_products(fleet: Fleet) -> None:
    client = browser_of(limited_to(fleet.meter, may_change=True))
    response = client.get("/")
    assert response.context["products"] == 1
    own = Device.objects.filter(product=fleet.meter).count()
    assert response.context["totals"].total == own
    assert client.get("/devices/").context["totals"].total == own
    foreign = client.get("/devices/", {"product": fleet.lamp.product_key})
    assert foreign.context["totals"].total == 0


def test_an_administrator_is_never_limited(fleet: Fleet) -> None:
    operator = limited_to(fleet.meter, may_change=False, role=Role.ADMIN)
    client = browser_of(operator)
    assert client.get(fleet.lamp.get_absolute_url()).status_code == 200
    assert client.get("/").context["products"] == Product.objects.count()


def test_a_device_is_added_to_a_product_one_may_change_only(fleet: Fleet) -> None:
    client = browser_of(limited_to(fleet.meter, may_change=False))
    for product in (fleet.meter, fleet.lamp):
        form = {"product": product.product_key, "device_name": "new-device"}
        assert client.post("/devices/new/", form).status_code == 422
    ProductGrant.objects.update(may_change=True)
    form = {"product": fleet.meter.product_key, "device_name": "new-device"}
    assert client.post("/devices/new/", form).status_code == 200


def test_whoever_creates_a_product_may_change_it(fleet: Fleet) -> None:
    client = browser_of(limited_to(fleet.meter, may_change=False))
    form = {"name": "Own_Product", "node_type": "0", "net_type": "WIFI", "data_format": "1"}
    form["data_connections"] = "server"
    client.post("/products/new/", form)
    product = Product.objects.get(name="Own_Product")
    assert client.get(f"{product.get_absolute_url()}edit/").status_code == 200


def test_a_page_of_ones_product_offers_only_what_is_allowed(fleet: Fleet) -> None:
    client = browser_of(limited_to(fleet.meter, may_change=False))
    for url in (fleet.meter.get_absolute_url(), fleet.plain.get_absolute_url(), "/devices/"):
        page = client.get(url).content.decode()
        assert f"{url}secret/" not in page
        for own in (fleet.meter, fleet.plain):
            assert f"{own.get_absolute_url()}delete/" not in page
