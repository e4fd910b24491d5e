"""An access key is made in a real browser, and its secret is nowhere afterwards."""

import pytest
from playwright.sync_api import expect

from operators.models import AccessKey
from tests.console.browser import Visit
from tests.console.seed import Fleet

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_secret_is_there_until_the_dialog_closes(visit: Visit, fleet: Fleet) -> None:
    page = visit.open("/settings/access-keys/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("link", name="Create access key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("warehouse")
    dialog.get_by_role("button", name="Create").click()
    kept = dialog.get_by_role("link", name="I have saved it")
    expect(kept).to_be_focused()
    key = AccessKey.objects.get(name="warehouse")
    assert key.secret in dialog.inner_text()
    kept.click()
    expect(page.locator("main table")).to_contain_text(key.access_key_id)
    assert key.secret not in page.content()
    assert not [url for url in asked if key.secret in url]
