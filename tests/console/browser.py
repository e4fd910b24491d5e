"""A real Chromium in front of the console."""

import shutil
from collections.abc import Iterator

import pytest
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
# A live region asks every five seconds, and other tests run at the same time.
TIMEOUT = 45_000
expect.set_options(timeout=TIMEOUT)
EXPECTED = (
    # Chromium and htmx report every 4xx; refusals are what some tests are about.
    *("Failed to load resource", "Response Status Error"),
    # What htmx says of a request that a newer one replaces. The first it says of one that failed,
    # too, but then another word follows.
    *("htmx:afterRequest", "htmx:sendAbort"),
)
DESKTOP, PHONE = (1280, 800), (360, 740)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium: `apt install chromium`")
    # Playwright keeps an event loop running in this thread, where Django then suspects a coroutine.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        opened = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield opened
        opened.close()


class Visit:
    """Chen at a browser of a given size and theme. What the browser complains about is kept."""

    def __init__(self, browser: Browser, server: LiveServer, client: Client | None) -> None:
        self.browser, self.server, self.client = browser, server, client
        self.problems: list[str] = []

    def open(
        self,
        path: str,
        *,
        size: tuple[int, int] = DESKTOP,
        dark: bool = False,
        scripts: bool = True,
        zone: str = "UTC",
    ) -> Page:
        context = self.browser.new_context(
            base_url=self.server.url,
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            reduced_motion="reduce",
            timezone_id=zone,
        )
        context.set_default_timeout(TIMEOUT)
        # As the sign-in page has told the server.
        context.add_cookies([{"name": "time_zone", "value": zone, "url": self.server.url}])
        if self.client:
            session = self.client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": self.server.url}])
        page = context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.goto(path)
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(EXPECTED):
            self.problems.append(message.text)

    def close(self) -> None:
        for context in self.browser.contexts:
            context.close()


@pytest.fixture
def visit(browser: Browser, live_server: LiveServer, console: Client) -> Iterator[Visit]:
    """Chen, signed in. A complaint of the browser (CSP, script error) fails the test."""
    visiting = Visit(browser, live_server, console)
    yield visiting
    visiting.close()
    assert not visiting.problems, "\n".join(visiting.problems)
