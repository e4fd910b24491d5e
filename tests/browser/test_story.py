"""The main job, as a newcomer does it: from the first sign-in to the clone that is cut off."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Installation
from tests.polling import eventually
from tests.sdk.conftest import NewDevice
from tests.sdk.python_sdk import Happening, LinkkitDevice

pytestmark = pytest.mark.browser
NAME = "hall-lamp"
CODE = re.compile(r"Code (\d{6}) confirms: ([^.]+)")
# Another code can be sent a minute after the one that verified the phone.
A_MINUTE_LATER = 75_000


class Story:
    """What a person does in the browser, and what the devices do meanwhile."""

    def __init__(self, page: Page, installation: Installation, new_device: NewDevice) -> None:
        self.page, self.installation, self.new_device = page, installation, new_device
        self.product_key = self.product_secret = ""

    def go(self, path: str) -> None:
        self.page.goto(self.installation.url + path)

    def sign_in(self) -> None:
        self.go("/")
        self.page.get_by_label("Username").fill("admin")
        self.page.get_by_label("Password", exact=True).fill(self.installation.password)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("heading", name="Overview")).to_be_visible()

    def code_for(self, act: str) -> str:
        """Read the newest message on the development page, in a tab of its own."""
        tab = self.page.context.new_page()
        tab.goto(self.installation.url + "/development/sms/")
        codes: list[tuple[str, str]] = CODE.findall(tab.inner_text("main"))
        tab.close()
        matching = [code for code, sentence in codes if act in sentence]
        assert matching, codes
        return matching[0]

    def verify_phone(self) -> None:
        self.go("/settings/phone/")
        self.page.get_by_label("number").fill("+8613800131234")
        self.page.get_by_label("Current password").fill(self.installation.password)
        self.page.get_by_role("button", name="Send code").click()
        self.page.get_by_label("Six-digit code").fill(self.code_for("use this number"))
        self.page.get_by_role("button", name="Confirm").click()
        expect(self.page.get_by_text("Confirmation codes go to +86 ••• 1234")).to_be_visible()

    def create_product(self) -> None:
        self.go("/products/")
        self.page.get_by_role("link", name="Create Product").first.click()
        self.page.get_by_role("dialog").get_by_label("Product Name").fill("Smart-Lamp")
        self.page.get_by_role("button", name="OK").click()
        expect(self.page.get_by_role("heading", name="Smart-Lamp")).to_be_visible()
        found = re.search(r"/products/([A-Za-z0-9]{11})/", self.page.url)
        assert found
        self.product_key = found[1]

    def reveal_secret(self) -> None:
        self.page.get_by_role("button", name=re.compile("View")).first.click()
        secret = self.page.locator("code", has_text=re.compile("^[A-Za-z0-9]{16}$"))
        self.product_secret = secret.first.inner_text()

    def turn_on(self) -> None:
        """The switch moves only after the right code."""
        switch = self.page.get_by_role("switch", name="Dynamic Registration")
        expect(switch).to_have_attribute("aria-checked", "false")
        switch.click()
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_role("button", name="Continue").click()
        send = dialog.get_by_role("button", name="Send code to +86 ••• 1234")
        send.click(timeout=A_MINUTE_LATER)
        expect(dialog.get_by_text("The code is on its way")).to_be_visible()
        right = self.code_for("turn on Dynamic Registration for product Smart-Lamp")
        dialog.get_by_label("Six-digit code").fill(f"{(int(right) + 1) % 1_000_000:06}")
        dialog.get_by_role("button", name="Confirm").first.click()
        expect(dialog.get_by_text("Wrong code. 4 tries left.")).to_be_visible()
        expect(switch).to_have_attribute("aria-checked", "false")
        dialog.get_by_label("Six-digit code").fill(right)
        dialog.get_by_role("button", name="Confirm").first.click()
        expect(switch).to_have_attribute("aria-checked", "true")
        expect(dialog).to_be_hidden()

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

    def open_device(self) -> None:
        self.go(f"/devices/{self.product_key}/{NAME}/")

    def cut_off_the_clone(self) -> None:
        """From the banner on Product Details over the compromised list to Switch."""
        self.go(f"/products/{self.product_key}/")
        banner = self.page.get_by_text(
            "The devices of the current product have multiple ClientIDs. You can retain one "
            "physical device or clear all physical devices."
        )
        expect(banner).to_be_visible()
        self.page.get_by_role("alert").or_(self.page.locator(".notice")).filter(
            has=banner
        ).get_by_role("link", name="View").click()
        self.page.get_by_role("link", name=NAME).first.click()
        self.page.get_by_role("link", name="Switch").or_(
            self.page.get_by_role("button", name="Switch")
        ).first.click()
        dialog = self.page.get_by_role("dialog")
        rows = dialog.get_by_role("row").filter(has=self.page.get_by_role("radio"))
        expect(rows).to_have_count(2)
        rows.filter(has_not_text="current").get_by_role("radio").check()
        dialog.get_by_role("button", name="OK").click()
        expect(dialog).to_be_hidden()

    def log_shows(self, title: str) -> None:
        """A device that was cut off tries again after a second or two, so look more than once."""

        def shown() -> bool:
            self.go(f"/logs/?product={self.product_key}&device={NAME}")
            return self.page.locator("main details").filter(has_text=title).count() > 0

        eventually(shown)


def test_a_newcomer_activates_a_device_and_cuts_off_its_clone(
    page: Page,
    installation: Installation,
    new_device: NewDevice,
) -> None:
    story = Story(page, installation, new_device)
    story.sign_in()
    story.verify_phone()
    story.create_product()
    story.reveal_secret()
    story.turn_on()

    genuine = story.register()
    first = story.connect(genuine)
    story.open_device()
    expect(page.get_by_text("Online").first).to_be_visible()

    # The clone takes the session over; the page shows it without a reload.
    clone = story.connect(story.register())
    first.expect("disconnected")
    story.cut_off_the_clone()
    clone.expect("disconnected")

    story.open_device()
    expect(page.get_by_role("link", name="Allow registration again")).to_be_visible()
    story.connect(genuine)
    for title in ("Kicked by the same device", "Cut off by Switch", "ClientID is forbidden"):
        story.log_shows(title)
