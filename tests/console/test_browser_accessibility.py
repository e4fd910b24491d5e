"""WCAG 2.2 AA on every page, as axe-core sees it."""

import pytest
from django.conf import LazySettings
from django.conf import settings as project
from playwright.sync_api import Page, expect

from tests.console.browser import PHONE, Visit
from tests.console.pages import every_page
from tests.console.seed import Fleet

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.django_db(transaction=True),
]

AXE = project.BASE_DIR / "node_modules" / "axe-core" / "axe.min.js"
EVERYTHING = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# All that a theme changes.
COLOURS = ["color-contrast", "link-in-text-block"]
VIOLATIONS = """async (rules) => {
  const found = await axe.run(document, { runOnly: rules, resultTypes: ["violations"] });
  return found.violations.map(({ id, nodes }) => [id, ...nodes.map((node) => node.html)]);
}"""


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.exists():
        pytest.skip("no axe-core: `make test` installs it with npm")
    return AXE.read_text()


def violations(page: Page, axe: str, rules: list[str] = EVERYTHING) -> list[list[str]]:
    # Evaluated by the browser itself: the page's own Content-Security-Policy stays in force.
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe)
    found: list[list[str]] = page.evaluate(VIOLATIONS, rules)
    return found


def test_no_page_has_a_violation_in_either_theme(
    visit: Visit, fleet: Fleet, axe: str, settings: LazySettings
) -> None:
    settings.SMS_BACKEND = "console"
    page = visit.open("/")
    found = {}
    for name, path in every_page(fleet.lamp, fleet.cloned).items():
        page.emulate_media(color_scheme="light")
        page.goto(path)
        found[name] = violations(page, axe)
        page.emulate_media(color_scheme="dark")
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
        found[f"{name} (dark)"] = violations(page, axe, COLOURS)
    broken = [f"{name}: {each}" for name, of_page in found.items() for each in of_page]
    assert "\n".join(broken) == ""


def test_no_list_has_a_violation_on_a_phone(visit: Visit, fleet: Fleet, axe: str) -> None:
    page = visit.open("/", size=PHONE)
    for path in ("/", "/products/", "/devices/", "/findings/", "/logs/", "/audit/"):
        page.goto(path)
        assert violations(page, axe) == [], path
