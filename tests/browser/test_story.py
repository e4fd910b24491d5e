"""The main jobs as a newcomer does them, by the console alone, in both languages."""

import csv
import io
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Installation
from tests.browser.story import IN_THE_BACKGROUND, Story, rows_of
from tests.sdk.conftest import NewDevice

pytestmark = [pytest.mark.browser, pytest.mark.long]

ROWS, BAD = 10_000, 12


def ten_thousand_names() -> bytes:
    """A list as a factory has it; every 800th name has a space in it."""
    names = [f"lamp-{number:06}" for number in range(ROWS)]
    for bad in range(BAD):
        names[bad * 800] = names[bad * 800].replace("-", " ")
    return "\n".join(["DeviceName,Nickname", *(f"{name}," for name in names)]).encode()


def put_right(report: bytes) -> bytes:
    """Correct the wrong cells, as a person does in a spreadsheet, and change nothing else."""
    rows = rows_of(report)
    assert len(rows) == BAD
    corrected = io.StringIO()
    writer = csv.DictWriter(corrected, rows[0].keys())
    writer.writeheader()
    for row in rows:
        writer.writerow({**row, "DeviceName": row["DeviceName"].replace(" ", "-")})
    return corrected.getvalue().encode()


@pytest.fixture(params=["en", "zh-hans"])
def story(
    request: pytest.FixtureRequest,
    installation: Installation,
    new_device: NewDevice,
    speaking: Callable[[str], Page],
) -> Story:
    return Story(speaking(request.param), installation, new_device, request.param)


def test_a_newcomer_activates_adds_ten_thousand_and_cuts_off_a_clone(story: Story) -> None:
    story.sign_in()
    story.verify_phone()
    story.create_product()
    story.reveal_secret()

    # A list with bad rows, while the minute until the next code passes.
    add_the_factorys_list(story)

    story.turn_on()
    cut_off_a_clone(story)


def add_the_factorys_list(story: Story) -> None:
    page = story.page
    story.upload("lamps.csv", ten_thousand_names())
    problems = page.locator("#problems-title")
    expect(problems).to_contain_text(f"{BAD}", timeout=IN_THE_BACKGROUND)
    report = story.download(story.link("Download Invalid Device Name List"))
    story.add_devices("9,988", added="9,988")
    secrets = {row["DeviceName"]: row["DeviceSecret"] for row in story.download_credentials()}
    assert len(secrets) == ROWS - BAD

    story.upload("lamps-to-fix.csv", put_right(report))
    story.add_devices(f"{BAD}", added=f"{BAD}")
    assert story.download_credentials()[0]["DeviceName"] == "lamp-000000"
    story.connect_by_secret("lamp-000001", secrets["lamp-000001"])


def cut_off_a_clone(story: Story) -> None:
    genuine = story.register()
    first = story.connect(genuine)
    story.open_device()
    expect(story.page.get_by_text(story.say("Online")).first).to_be_visible()

    clone = story.connect(story.register())
    first.expect("disconnected")
    # It would come back, and whoever is there when Switch comes would be a matter of chance.
    first.power_off()
    story.cut_off_the_clone()
    clone.expect("disconnected")

    story.open_device()
    expect(story.link("Allow registration again")).to_be_visible()
    story.connect(genuine)
    for reason in ("takeover", "switch", "client_id_void"):
        story.log_shows(reason)
