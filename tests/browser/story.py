"""Steps of a person in the browser, in either language, and of the devices meanwhile."""

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, override
from playwright.sync_api import FilePayload, Locator, Page, expect

from logs.reasons import REASONS
from tests.browser.conftest import Installation
from tests.polling import eventually
from tests.sdk.conftest import NewDevice
from tests.sdk.python_sdk import Happening, LinkkitDevice

PRODUCT = "Smart-Lamp"
NAME = "hall-lamp"
# Another code can be sent a minute after the one that verified the phone.
A_MINUTE_LATER = 120_000
# 10,000 rows are checked or added in a second or two; a busy machine takes longer.
IN_THE_BACKGROUND = 120_000
Row = Mapping[str, str]


class Story:
    """`language` is that of the browser; the console follows it."""

    def __init__(
        self, page: Page, installation: Installation, new_device: NewDevice, language: str
    ) -> None:
        self.page, self.installation, self.new_device = page, installation, new_device
        self.language = language
        self.product_key = self.product_secret = ""

    def say(self, message: str | Promise, **facts: object) -> str:
        """The console's words, given in English or to be told in any language."""
        with override(self.language):
            text = gettext(message) if isinstance(message, str) else str(message)
            return text % facts if facts else text

    def say_many(self, one: str, many: str, count: int, **facts: object) -> str:
        with override(self.language):
            return ngettext(one, many, count) % facts

    def go(self, path: str) -> None:
        self.page.goto(self.installation.url + path)

    def link(self, message: str, **facts: object) -> Locator:
        return self.page.get_by_role("link", name=self.say(message, **facts), exact=True)

    def button(self, message: str, **facts: object) -> Locator:
        return self.page.get_by_role("button", name=self.say(message, **facts), exact=True)

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    # Getting to work

    def sign_in(self) -> None:
        self.go("/")
        # Their labels are Django's own.
        self.page.locator("[name=username]").fill("admin")
        self.page.locator("[name=password]").fill(self.installation.password)
        self.button("Sign in").click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(self.say("Overview"))

    def newest_code(self) -> str:
        """Read on the development page, in a tab of its own."""
        tab = self.page.context.new_page()
        tab.goto(self.installation.url + "/development/sms/")
        message = tab.locator("main li .text-break").first.inner_text()
        found = re.search(r"(?<!\d)\d{6}(?!\d)", message)
        tab.close()
        assert found
        return found[0]

    def verify_phone(self) -> None:
        self.go("/settings/phone/")
        self.page.locator("input[type=tel]").fill("+8613800131234")
        self.page.get_by_label(self.say("Current password")).fill(self.installation.password)
        self.button("Send code").click()
        self.page.get_by_label(self.say("Six-digit code")).fill(self.newest_code())
        self.button("Confirm").first.click()
        number = self.page.get_by_text(self.say("Confirmation codes go to"))
        expect(number).to_contain_text("+86 ••• 1234")

    def create_product(self) -> None:
        self.go("/products/")
        self.link("Create Product").first.click()
        self.dialog.get_by_label(self.say("Product Name")).fill(PRODUCT)
        self.button("OK").click()
        expect(self.page.get_by_role("heading", name=PRODUCT, level=1)).to_be_visible()
        found = re.search(r"/products/([A-Za-z0-9]{11})/", self.page.url)
        assert found
        self.product_key = found[1]

    def reveal_secret(self) -> None:
        self.page.locator("#secret").get_by_role("button").first.click()
        secret = self.page.locator("code", has_text=re.compile("^[A-Za-z0-9]{16}$"))
        self.product_secret = secret.first.inner_text()

    def turn_on(self) -> None:
        """The switch moves only after the right code."""
        self.go(f"/products/{self.product_key}/")
        switch = self.page.get_by_role("switch")
        expect(switch).to_have_attribute("aria-checked", "false")
        switch.click()
        self.dialog.get_by_role("button", name=self.say("Continue")).click()
        send = self.dialog.get_by_role("button", name=re.compile(re.escape("+86 ••• 1234")))
        send.click(timeout=A_MINUTE_LATER)
        expect(self.dialog.get_by_text(self.say("The code is on its way."))).to_be_visible()
        right = self.newest_code()
        self.type_code(f"{(int(right) + 1) % 1_000_000:06}")
        wrong = self.say_many(
            "Wrong code. %(left)s try left.", "Wrong code. %(left)s tries left.", 4, left=4
        )
        expect(self.dialog.get_by_text(wrong)).to_be_visible()
        expect(switch).to_have_attribute("aria-checked", "false")
        self.type_code(right)
        expect(switch).to_have_attribute("aria-checked", "true")
        expect(self.dialog).to_be_hidden()

    def type_code(self, code: str) -> None:
        self.dialog.get_by_label(self.say("Six-digit code")).fill(code)
        self.dialog.get_by_role("button", name=self.say("Confirm")).first.click()

    # Devices

    def register(self) -> Happening:
        device = self.new_device()
        device.start(
            self.installation.listener,
            product_key=self.product_key,
            device_name=NAME,
            product_secret=self.product_secret,
            auth_type="regnwl",
        )
        registered = device.expect("registered")
        assert registered["rc"] == 0
        return registered

    def connect(self, registered: Happening) -> LinkkitDevice:
        device = self.new_device()
        names = ("client_id", "username", "password")
        device.start(
            self.installation.listener,
            product_key=self.product_key,
            device_name=NAME,
            **{name: registered[name] for name in names},
        )
        assert device.expect("connected")["rc"] == 0
        return device

    def connect_by_secret(self, device_name: str, device_secret: str) -> LinkkitDevice:
        device = self.new_device()
        device.start(
            self.installation.listener,
            product_key=self.product_key,
            device_name=device_name,
            device_secret=device_secret,
        )
        assert device.expect("connected")["rc"] == 0
        return device

    # A clone

    def open_device(self) -> None:
        self.go(f"/devices/{self.product_key}/{NAME}/")

    def cut_off_the_clone(self) -> None:
        """From the banner on Product Details over the compromised list to Switch."""
        self.go(f"/products/{self.product_key}/")
        words = self.say(
            "The devices of the current product have multiple ClientIDs. You can retain one "
            "physical device or clear all physical devices."
        )
        banner = self.page.locator(".notice").filter(has_text=words)
        banner.get_by_role("link", name=self.say("View")).click()
        self.page.get_by_role("link", name=NAME).first.click()
        self.link("Switch").click()
        rows = self.dialog.get_by_role("row").filter(has=self.page.get_by_role("radio"))
        expect(rows).to_have_count(2)
        expect(self.dialog.locator(":checked")).to_have_count(0)
        rows.filter(has_not_text=self.say("current")).get_by_role("radio").check()
        self.button("OK").click()
        expect(self.dialog).to_be_hidden()

    def log_shows(self, reason: str) -> None:
        """A device that was cut off tries again after a second or two, so look more than once."""
        title = REASONS[reason].title

        def shown() -> bool:
            self.go(f"/logs/?product={self.product_key}&device={NAME}&reason={reason}")
            entries = self.page.locator("main details").filter(has_text=self.say(title))
            return entries.count() > 0

        eventually(shown, seconds=90)

    # A list of ten thousand

    def upload(self, name: str, content: bytes) -> None:
        self.go("/devices/")
        self.link("Batch Add").click()
        self.page.get_by_label(self.say("Batch Upload")).check()
        file: FilePayload = {"name": name, "mimeType": "text/csv", "buffer": content}
        self.page.get_by_label(self.say("List of devices")).set_input_files(file)
        self.button("OK").click()

    def add_devices(self, button: str, added: str) -> None:
        """Press what offers to add them, agree, and wait until they are there."""
        self.page.get_by_role("link", name=button).click(timeout=IN_THE_BACKGROUND)
        self.dialog.get_by_role("button", name=self.say("Add devices")).click()
        total = self.page.locator("#total-all b")
        expect(total).to_have_text(added, timeout=IN_THE_BACKGROUND)

    def download(self, link: Locator) -> bytes:
        with self.page.expect_download() as downloading:
            link.click()
        return Path(downloading.value.path()).read_bytes()

    def download_credentials(self) -> list[Row]:
        """Nobody is asked who is there: the right code for the switch has just said so."""
        self.link("DownloadCSV").click()
        with self.page.expect_download() as downloading:
            self.dialog.get_by_role("button", name=self.say("Download")).click()
        return rows_of(Path(downloading.value.path()).read_bytes())


def rows_of(content: bytes) -> list[Row]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
