"""The search in the top bar."""

import pytest
from django.test import Client

from devices.models import ClientBinding, Device
from tests.console.fixtures import htmx
from tests.console.seed import Fleet
from tests.operators.people import limited_person


def found(client: Client, text: str) -> str:
    return client.get("/search/", {"q": text}, headers=htmx("palette")).text


def test_devices_are_found_by_the_beginning_of_their_name(console: Client, fleet: Fleet) -> None:
    assert fleet.cloned.get_absolute_url() in found(console, "lamp-00")
    assert fleet.cloned.get_absolute_url() not in found(console, "amp-00")


@pytest.mark.parametrize("text", ["meter-A4:CF", "meter-0002@east"])
def test_a_name_with_colons_and_at_signs_is_found(console: Client, fleet: Fleet, text: str) -> None:
    assert "Water_Meter" in found(console, text)


def test_a_device_is_found_by_its_iot_id_and_by_any_of_its_client_ids(
    console: Client, fleet: Fleet
) -> None:
    client_ids = ClientBinding.objects.filter(device=fleet.cloned).values_list("client_id")
    for (identifier,) in [*client_ids, (fleet.cloned.iot_id,)]:
        assert fleet.cloned.get_absolute_url() in found(console, identifier)


def test_products_are_found_by_name_and_by_product_key(console: Client, fleet: Fleet) -> None:
    for text in ("water", fleet.meter.product_key):
        assert fleet.meter.get_absolute_url() in found(console, text)


def test_no_secret_is_read(console: Client, fleet: Fleet) -> None:
    device = Device.objects.get(pk=fleet.plain.pk)
    assert device.device_secret not in found(console, device.device_name)
    assert "No match for" in found(console, device.device_secret)


def test_what_one_may_want_with_the_only_product_found(console: Client, fleet: Fleet) -> None:
    answer = found(console, "Smart_Lamp")
    assert "Turn off Dynamic Registration" in answer
    assert f"{fleet.lamp.get_absolute_url()}connect/" in answer


def test_a_viewer_is_offered_nothing_that_changes(viewing: Client, fleet: Fleet) -> None:
    assert "Dynamic Registration" not in found(viewing, "Smart_Lamp")
    assert "Create Product" not in found(viewing, "")


def test_actions_are_found_by_other_words_for_them(console: Client, fleet: Fleet) -> None:
    assert "/settings/" in found(console, "password")


def test_with_enter_one_finding_is_gone_to_at_once(console: Client, fleet: Fleet) -> None:
    answer = console.get("/search/", {"q": "lamp-0007"})
    assert answer.headers["Location"] == fleet.cloned.get_absolute_url()


def test_several_findings_are_a_page_of_links(console: Client, fleet: Fleet) -> None:
    page = console.get("/search/", {"q": "lamp-0"}).text
    assert "<h1>Search for “lamp-0”</h1>" in page
    assert 'role="option"' not in page


def test_what_is_typed_is_shown_as_text(console: Client, fleet: Fleet) -> None:
    page = console.get("/search/", {"q": "<script>"}).text
    assert "“&lt;script&gt;”" in page
    assert "<script>”" not in page


@pytest.mark.parametrize("few", [1, 100])
def test_others_products_are_not_searched(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr("devices.search.FEW", few)
    limited = limited_person("lim")
    limited.grants.create(product=fleet.meter, may_change=True)
    client = Client()
    client.force_login(limited)
    assert "meter-A4:CF" in found(client, "meter-")
    assert fleet.cloned.get_absolute_url() not in found(client, "lamp-")
    assert fleet.cloned.get_absolute_url() not in found(client, fleet.cloned.iot_id)
