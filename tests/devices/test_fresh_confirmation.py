"""Dangerous acts ask who is there, once in five minutes, and lose nothing that was typed."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.html import Element
from django.urls import reverse
from django.utils import timezone

from devices.models import ClientBinding, Device
from operators.models import AuditEntry, Operator
from operators.operations import backup_codes
from operators.sms.memory import Message
from products.models import Product
from tests.console.dom import attribute, by_id, swap, text, tree, walk
from tests.console.fixtures import confirmed, htmx
from tests.console.seed import Fleet
from tests.operators.people import PASSWORD, actor, code_in, other_than, step_up

DIALOG = htmx("dialog-body")
ASKS = "Confirm that it is you"


def act_urls(fleet: Fleet) -> list[str]:
    device, product = fleet.cloned.get_absolute_url(), fleet.lamp.get_absolute_url()
    acts = ("switch/", "clear/", "reset/", "delete/", "disable/", "enable/", "allow/")
    return [*(device + act for act in acts), product + "delete/"]


def reveal_urls(fleet: Fleet) -> list[str]:
    device = fleet.cloned.get_absolute_url()
    return [device + "secret/", device + "parameters/", fleet.lamp.get_absolute_url() + "secret/"]


def hidden_fields(form: Element) -> dict[str, str]:
    """The hidden fields that the dialog's forms submit."""
    fields = [each for each in walk(form) if attribute(each, "type") == "hidden"]
    return {str(attribute(each, "name")): attribute(each, "value") or "" for each in fields}


def answer(
    client: Client, url: str, asked: Element, outbox: list[Message], headers: dict[str, str]
) -> Any:
    """Send a code from the dialog `asked`, read it off the phone, type it."""
    carried = hidden_fields(by_id(asked, "confirmation-send"))
    sent = client.post(url, carried, headers=headers)
    assert sent.status_code == 200
    typed = hidden_fields(by_id(tree(sent), "confirmation-sms"))
    return client.post(url, {**typed, "code": code_in(outbox[-1])}, headers=headers)


def test_every_dangerous_dialog_is_preceded_by_the_code(unconfirmed: Client, fleet: Fleet) -> None:
    for url in act_urls(fleet):
        response = unconfirmed.get(url, headers=DIALOG)
        assert response.status_code == 200
        assert ASKS in text(by_id(tree(response), "dialog-body")), url


def test_no_dangerous_act_happens_without_it(unconfirmed: Client, fleet: Fleet) -> None:
    form = {"typed": fleet.cloned.device_name, "client_id": "x", "name": "x"}
    before = list(Device.objects.values()), list(ClientBinding.objects.values())
    for url in act_urls(fleet):
        response = unconfirmed.post(url, form, headers=DIALOG)
        assert response.status_code == 422
        assert ASKS in text(tree(response)), url
    assert (list(Device.objects.values()), list(ClientBinding.objects.values())) == before


def test_no_secret_is_shown_without_it(unconfirmed: Client, fleet: Fleet) -> None:
    for url in reveal_urls(fleet):
        for headers in ({}, htmx("secret")):
            response = unconfirmed.post(url, headers=headers)
            assert response.status_code == 422
            assert ASKS in text(tree(response)), url
            assert fleet.lamp.product_secret not in response.content.decode()
            assert fleet.cloned.device_secret not in response.content.decode()
    assert not AuditEntry.objects.filter(act__endswith=".reveal").exists()


@pytest.mark.parametrize("headers", [{}, DIALOG], ids=["whole page", "in the dialog"])
def test_after_the_right_code_the_acts_own_dialog_comes(
    unconfirmed: Client, fleet: Fleet, outbox: list[Message], headers: dict[str, str]
) -> None:
    url = fleet.plain.get_absolute_url() + "reset/"
    asked = tree(unconfirmed.get(url, headers=headers))
    response = answer(unconfirmed, url, asked, outbox, headers)
    assert "gets the same DeviceSecret" in text(by_id(tree(response), "dialog-body"))
    assert Device.objects.get(pk=fleet.plain.pk).claimed_at, "nothing is done by the code alone"
    unconfirmed.post(url, headers=headers)
    assert Device.objects.get(pk=fleet.plain.pk).claimed_at is None


def test_what_was_typed_before_the_code_is_there_after_it(
    unconfirmed: Client, fleet: Fleet, outbox: list[Message]
) -> None:
    live = ClientBinding.objects.filter(device=fleet.cloned, voided_at=None).order_by("pk")
    url, wished = fleet.cloned.get_absolute_url() + "switch/", live[0].client_id
    asked = tree(unconfirmed.post(url, {"client_id": wished}, headers=DIALOG))
    dialog = tree(answer(unconfirmed, url, asked, outbox, DIALOG))
    picked = [each for each in walk(dialog) if "checked" in dict(each.attributes)]
    assert [attribute(each, "value") for each in picked] == [wished]

    url = fleet.cloned.get_absolute_url() + "clear/"
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        form = {"typed": "lamp-00", "refuse_registration": "on", "current_password": "s3cret"}
        response = unconfirmed.post(url, form, headers=DIALOG)
        assert b"s3cret" not in response.content
        dialog = tree(answer(unconfirmed, url, tree(response), outbox, DIALOG))
    assert attribute(by_id(dialog, "id_typed"), "value") == "lamp-00"
    assert "checked" in dict(by_id(dialog, "id_refuse_registration").attributes)


def test_a_wrong_code_is_told_and_the_next_one_still_knows_the_wish(
    unconfirmed: Client, fleet: Fleet, outbox: list[Message]
) -> None:
    url = fleet.cloned.get_absolute_url() + "clear/"
    asked = tree(unconfirmed.post(url, {"typed": "lamp-00"}, headers=DIALOG))
    carried = hidden_fields(by_id(asked, "confirmation-send"))
    unconfirmed.post(url, carried, headers=DIALOG)
    typed = {**carried, "action": "confirm", "method": "sms"}
    wrong = unconfirmed.post(
        url, {**typed, "code": other_than(code_in(outbox[-1]))}, headers=DIALOG
    )
    assert wrong.status_code == 422
    assert "Wrong code. 4 tries left." in text(tree(wrong))
    typed = hidden_fields(by_id(tree(wrong), "confirmation-sms"))
    right = unconfirmed.post(url, {**typed, "code": code_in(outbox[-1])}, headers=DIALOG)
    assert attribute(by_id(tree(right), "id_typed"), "value") == "lamp-00"


def test_a_secret_appears_in_its_place_after_the_code(
    unconfirmed: Client, fleet: Fleet, outbox: list[Message]
) -> None:
    url = fleet.lamp.get_absolute_url()
    page = tree(unconfirmed.get(url))
    asked = unconfirmed.post(f"{url}secret/", headers=htmx("secret"))
    assert asked.headers["HX-Retarget"] == "#dialog-body"
    response = answer(unconfirmed, f"{url}secret/", tree(asked), outbox, DIALOG)
    assert response.headers["HX-Retarget"] == "#secret"
    swap(page, tree(response), "secret")
    assert fleet.lamp.product_secret in text(by_id(page, "secret"))
    assert "no-store" in response.headers["Cache-Control"]


def test_the_programs_get_their_secret_after_the_code_without_scripts_too(
    unconfirmed: Client, fleet: Fleet, outbox: list[Message]
) -> None:
    url = fleet.lamp.get_absolute_url() + "secret/"
    asked = tree(unconfirmed.post(url, {"tab": "connect"}))
    page = tree(answer(unconfirmed, url, asked, outbox, {}))
    assert fleet.lamp.product_secret in text(by_id(page, "code-python"))


def test_one_code_is_good_for_several_acts_and_for_five_minutes(
    console: Client, fleet: Fleet, settings: LazySettings
) -> None:
    start = timezone.now()
    for passed in (0, settings.CONFIRMATION_FRESH_SECONDS - 5):
        with time_machine.travel(start + timedelta(seconds=passed)):
            for url in act_urls(fleet):
                assert ASKS not in text(tree(console.get(url))), url
    with time_machine.travel(start + timedelta(seconds=settings.CONFIRMATION_FRESH_SECONDS + 5)):
        assert ASKS in text(tree(console.get(act_urls(fleet)[0])))


def test_another_session_of_the_same_operator_has_to_confirm_itself(
    console: Client, chen: Operator, fleet: Fleet
) -> None:
    other = Client()
    other.force_login(chen)
    assert ASKS in text(tree(other.get(act_urls(fleet)[0])))


def test_signing_out_ends_it(console: Client, chen: Operator, fleet: Fleet) -> None:
    console.post("/sign-out/")
    console.force_login(chen)
    assert ASKS in text(tree(console.get(act_urls(fleet)[0])))


def test_a_new_password_ends_it(console: Client, fleet: Fleet) -> None:
    form = {
        "old_password": PASSWORD,
        "new_password1": "a wholly new one",
        "new_password2": "a wholly new one",
    }
    assert console.post("/settings/password/", form).status_code == 302
    assert ASKS in text(tree(console.get(act_urls(fleet)[0])))


def test_another_operators_proof_opens_nothing(
    unconfirmed: Client, mei: Operator, fleet: Fleet
) -> None:
    confirmed(unconfirmed, mei)
    assert ASKS in text(tree(unconfirmed.get(act_urls(fleet)[0])))


def test_a_backup_code_will_do_and_is_audited(
    unconfirmed: Client, chen: Operator, fleet: Fleet
) -> None:
    code = backup_codes.renew(actor(chen), chen, step_up(chen))[0]
    url = fleet.plain.get_absolute_url() + "delete/"
    asked = tree(unconfirmed.get(url))
    carried = hidden_fields(by_id(asked, "confirmation-sms"))
    response = unconfirmed.post(url, {**carried, "method": "backup", "code": code})
    assert "cannot be restored" in text(tree(response))
    entry = AuditEntry.objects.get(act="confirmation.accept")
    assert (entry.operator, entry.target) == (chen, chen.target)
    assert code not in f"{entry.text} {entry.facts}"


def test_without_a_verified_phone_the_way_leads_to_the_settings(
    unconfirmed: Client, chen: Operator, fleet: Fleet
) -> None:
    Operator.objects.filter(pk=chen.pk).update(phone="", phone_verified_at=None)
    shown = by_id(tree(unconfirmed.get(act_urls(fleet)[0], headers=DIALOG)), "dialog-body")
    links = [attribute(each, "href") for each in walk(shown) if each.name == "a"]
    assert "/settings/phone/" in links


def undo_in_toast(client: Client, url: str) -> tuple[str, dict[str, str]]:
    page = tree(client.post(url, follow=True))
    form = next(e for e in walk(page) if "/undo/" in (attribute(e, "action") or ""))
    return attribute(form, "action") or "", {"ids": hidden_fields(form)["ids"]}


@pytest.mark.parametrize("headers", [{}, htmx("main")], ids=["whole page", "from the toast"])
def test_undo_in_a_toast_is_done_after_the_code(
    console: Client, fleet: Fleet, outbox: list[Message], headers: dict[str, str]
) -> None:
    action, fields = undo_in_toast(console, fleet.plain.get_absolute_url() + "disable/")
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        asked = console.post(action, fields, headers=headers)
        assert ASKS in text(by_id(tree(asked), "dialog-body"))
        assert not Device.objects.get(pk=fleet.plain.pk).enabled
        in_dialog = DIALOG if headers else {}
        done = answer(console, action, tree(asked), outbox, in_dialog)
    assert done.status_code == (200 if headers else 302)
    assert ("HX-Location" in done.headers) == bool(headers)
    assert Device.objects.get(pk=fleet.plain.pk).enabled


@pytest.mark.parametrize("headers", [{}, htmx("batch-form")], ids=["whole page", "htmx"])
def test_devices_are_generated_after_the_code_as_they_were_wished(
    unconfirmed: Client, fleet: Fleet, outbox: list[Message], headers: dict[str, str]
) -> None:
    url, before = reverse("imports:batch_add"), Device.objects.count()
    wish = {"product": fleet.lamp.product_key, "method": "auto", "count": "3"}
    asked = unconfirmed.post(url, wish, headers=headers)
    assert Device.objects.count() == before
    answer(unconfirmed, url, tree(asked), outbox, DIALOG if headers else {})
    assert Device.objects.count() == before + 3


def test_a_wish_that_is_wrong_is_told_in_its_own_form_after_the_code(
    unconfirmed: Client, fleet: Fleet, outbox: list[Message]
) -> None:
    url = reverse("imports:batch_add")
    wish = {"product": fleet.lamp.product_key, "method": "auto", "count": "0"}
    asked = unconfirmed.post(url, wish, headers=htmx("batch-form"))
    response = answer(unconfirmed, url, tree(asked), outbox, DIALOG)
    assert response.headers["HX-Retarget"] == "#batch-form"
    assert "1 to 100,000" in text(by_id(tree(response), "id_count_error"))


def test_only_the_part_of_a_page_that_is_dangerous_asks(
    unconfirmed: Client, fleet: Fleet, outbox: list[Message]
) -> None:
    """A product is renamed without a code; to another broker it goes with one."""
    url = fleet.lamp.get_absolute_url() + "edit/"
    renamed = unconfirmed.post(url, {"name": "Renamed_1", "data_connections": "server"})
    assert renamed.status_code == 302
    wish = {"name": "Renamed_2", "data_connections": "rabbitmq"}
    asked = unconfirmed.post(url, wish, headers=DIALOG)
    assert ASKS in text(tree(asked))
    assert Product.objects.get(pk=fleet.lamp.pk).name == "Renamed_1"
    answer(unconfirmed, url, tree(asked), outbox, DIALOG)
    product = Product.objects.get(pk=fleet.lamp.pk)
    assert (product.name, product.data_connections) == ("Renamed_2", "rabbitmq")


def test_a_list_is_checked_without_a_code(unconfirmed: Client, fleet: Fleet) -> None:
    file = SimpleUploadedFile("lamps.csv", b"DeviceName,Nickname\nlamp-0400,\n")
    wish = {"product": fleet.lamp.product_key, "method": "upload", "file": file}
    response = unconfirmed.post(reverse("imports:batch_add"), wish)
    assert response.status_code == 302
    assert not Device.objects.filter(device_name="lamp-0400").exists()


def test_what_was_typed_about_a_new_device_is_there_after_the_code(
    unconfirmed: Client, fleet: Fleet, outbox: list[Message]
) -> None:
    url = reverse("devices:add")
    wish = {"product": fleet.meter.product_key, "device_name": "meter-0500", "nickname": "hall"}
    asked = tree(unconfirmed.post(url, wish, headers=DIALOG))
    dialog = tree(answer(unconfirmed, url, asked, outbox, DIALOG))
    assert attribute(by_id(dialog, "id_device_name"), "value") == "meter-0500"
    assert attribute(by_id(dialog, "id_nickname"), "value") == "hall"
    picked = [attribute(e, "value") for e in walk(dialog) if "selected" in dict(e.attributes)]
    assert picked == [fleet.meter.product_key]
    assert not Device.objects.filter(device_name="meter-0500").exists()


def test_dialog_message_and_trail_name_the_act(
    unconfirmed: Client, fleet: Fleet, outbox: list[Message]
) -> None:
    url = fleet.cloned.get_absolute_url() + "clear/"
    asked = tree(unconfirmed.get(url, headers=DIALOG))
    act = f"clear {fleet.cloned.device_name}"
    assert f"Enter a code to {act} ." in text(asked)
    assert "No further code is needed for 5 minutes." in text(asked)
    answer(unconfirmed, url, asked, outbox, DIALOG)
    assert f" to {act}. Valid for 5 minutes." in outbox[-1].text
    assert AuditEntry.objects.get(act="confirmation.accept").text == f"Confirmed by SMS code: {act}"


def test_a_url_puts_no_sentence_into_the_message(
    unconfirmed: Client, fleet: Fleet, outbox: list[Message]
) -> None:
    url = f"/devices/{fleet.lamp.product_key}/call%20+1%20555%20now/clear/"
    asked = tree(unconfirmed.get(url, headers=DIALOG))
    answer(unconfirmed, url, asked, outbox, DIALOG)
    assert " to clear …. Valid" in outbox[-1].text
