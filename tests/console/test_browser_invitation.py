"""From the link an administrator hands over to the first sign-in, in a real browser."""

import pytest
from playwright.sync_api import expect

from operators.models import Operator
from tests.console.browser import Visit
from tests.console.seed import Fleet

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "a wholly new one"


def test_the_link_leads_to_an_account(visit: Visit, fleet: Fleet) -> None:
    page = visit.open("/settings/accounts/")
    page.get_by_role("link", name="Invite").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Username").fill("wang")
    dialog.get_by_role("button", name="Create the link").click()
    link = dialog.locator(".chip code").inner_text()
    dialog.get_by_role("link", name="Done").click()
    expect(page.locator("main")).to_contain_text("wang")

    context = visit.browser.new_context(base_url=visit.server.url)
    theirs = context.new_page()
    asked: list[str] = []
    theirs.on("request", lambda request: asked.append(request.url))
    path, _, code = link.removeprefix("http://localhost:8000").partition("#")
    theirs.goto(f"{path}#{code}")
    expect(theirs.get_by_label("Invitation code")).to_have_value(code)
    assert code not in theirs.url, "nor does it stay in the history"
    theirs.get_by_label("Your name").fill("Wang Lei")
    theirs.get_by_label("Password", exact=True).fill(PASSWORD)
    theirs.get_by_label("Password again").fill(PASSWORD)
    theirs.get_by_role("button", name="Create my account").click()
    theirs.get_by_label("Username").fill("wang")
    theirs.get_by_label("Password").fill(PASSWORD)
    theirs.get_by_role("button", name="Sign in").click()
    expect(theirs.get_by_role("heading", name="Overview")).to_be_visible()
    assert Operator.objects.get(username="wang").first_name == "Wang Lei"
    assert not [url for url in asked if code in url.partition("#")[0]]
    context.close()
