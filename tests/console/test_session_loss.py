"""A session that ends under an open page: the whole page goes to sign-in, and comes back."""

import pytest
from django.test import Client

from tests.console.fixtures import htmx
from tests.console.seed import Fleet


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_htmx_request_sends_the_page_to_sign_in_and_back(
    client: Client, fleet: Fleet, method: str
) -> None:
    url = fleet.cloned.get_absolute_url()
    headers = htmx("dialog-body") | {"HX-Current-URL": f"http://testserver{url}log/?a=1&b=2"}
    response = getattr(client, method)(f"{url}switch/", headers=headers)
    assert response.status_code == 200
    assert response.headers["HX-Redirect"] == (
        f"/sign-in/?next={url.replace('/', '%2F')}log%2F%3Fa%3D1%26b%3D2"
    )
    assert not response.content


def test_the_way_back_never_leads_to_another_host(client: Client, fleet: Fleet) -> None:
    headers = htmx("live") | {"HX-Current-URL": "https://evil.example/products/"}
    response = client.get(fleet.lamp.get_absolute_url(), headers=headers)
    assert response.headers["HX-Redirect"] == "/sign-in/?next=%2F"


def test_a_plain_request_is_redirected_as_ever(client: Client, fleet: Fleet) -> None:
    response = client.get(fleet.lamp.get_absolute_url())
    assert response.status_code == 302
    assert "HX-Redirect" not in response.headers


def test_other_redirects_are_left_alone(console: Client) -> None:
    response = console.get("/settings/", headers=htmx("main"))
    assert "HX-Redirect" not in response.headers
