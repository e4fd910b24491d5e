"""The tests that look at every page know every page."""

from django.conf import LazySettings
from django.test import Client
from django.urls import resolve

from tests.console.pages import NOT_PAGES, every_page, url_names
from tests.console.seed import Fleet


def test_no_url_of_the_site_is_unknown_to_them(fleet: Fleet) -> None:
    paths = every_page(fleet.lamp, fleet.cloned).values()
    known = {resolve(path.partition("?")[0]).view_name for path in paths}
    assert set(url_names()) - known - NOT_PAGES == {"operators:sign_in"}


def test_every_page_opens(console: Client, fleet: Fleet, settings: LazySettings) -> None:
    settings.SMS_BACKEND = "console"
    statuses = {
        name: console.get(path).status_code
        for name, path in every_page(fleet.lamp, fleet.cloned).items()
    }
    assert statuses == dict.fromkeys(statuses, 200)
