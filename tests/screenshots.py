"""`python -m tests.screenshots [DIRECTORY [PAGE…]]`: every page, wide and narrow, light and dark,
in both languages, of a console with the demonstration data; and a sheet of each look.
"""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import django
from playwright.sync_api import Browser, sync_playwright

LANGUAGES = {"en": "en-GB", "zh-hans": "zh-CN"}
THEMES = ("light", "dark")
SIZES = {"wide": (1280, 800), "narrow": (360, 740)}
THUMBNAIL = {"wide": 480, "narrow": 240}


@dataclass(frozen=True)
class Look:
    """One way of looking at the console. Its name is the directory of its pictures."""

    language: str
    theme: str
    size: str

    @property
    def name(self) -> str:
        return f"{self.language}-{self.theme}-{self.size}"


def looks() -> Iterator[Look]:
    for language in LANGUAGES:
        for theme in THEMES:
            for size in SIZES:
                yield Look(language, theme, size)


def take(
    browser: Browser, look: Look, pages: Mapping[str, str], session: str, directory: Path
) -> None:
    """One picture per page, from its top to its end; `pages` are URLs by name."""
    width, height = SIZES[look.size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if look.theme == "dark" else "light",
        locale=LANGUAGES[look.language],
        timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
    )
    page = context.new_page()
    for name, url in pages.items():
        # For the whole site, so that what a page itself asks for is signed in too; and what the
        # sign-in page leaves behind.
        told = {"sessionid": session, "time_zone": "Asia/Shanghai"}
        root = urljoin(url, "/")
        context.add_cookies([{"name": k, "value": v, "url": root} for k, v in told.items()])
        page.goto(url)
        page.screenshot(path=directory / look.name / f"{name}.png", full_page=True)
    context.close()


def sheet(browser: Browser, look: Look, names: Mapping[str, str], directory: Path) -> None:
    """All pictures of a look on one, to leaf through."""
    width = THUMBNAIL[look.size]
    figures = "".join(
        f'<figure><img src="{look.name}/{name}.png" width="{width}"><figcaption>{name}'
        "</figcaption></figure>"
        for name in names
    )
    style = "body{display:flex;flex-wrap:wrap;gap:12px;background:#999;font:13px sans-serif}"
    style += (
        "figure{margin:0}img{display:block;max-height:700px;object-fit:cover;object-position:0 0}"
    )
    file = directory / f"{look.name}.html"
    file.write_text(f"<!doctype html><meta charset=utf-8><style>{style}</style>{figures}")
    page = browser.new_page(viewport={"width": 2000, "height": 1200})
    page.goto(file.resolve().as_uri())
    page.screenshot(path=directory / f"{look.name}.png", full_page=True)
    page.close()


def main(directory: Path, *wanted: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    # Playwright keeps an event loop running in this thread, where Django suspects a coroutine.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    django.setup()
    from tests.demo_server import exhibition

    with exhibition() as (pages, confirmed_session), sync_playwright() as playwright:
        shown = {name: url for name, url in pages.items() if not wanted or name in wanted}
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for look in looks():
            take(browser, look, shown, confirmed_session(), directory)
            sheet(browser, look, shown, directory)
            sys.stdout.write(f"{len(shown)} pages in {directory / look.name}\n")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "var/screenshots"), *sys.argv[2:])
