"""DeviceSecret and MQTT connection parameters: on request, audited, never kept or cached."""

import pytest
from django.test import Client

from common.errors import NotFoundError
from devices.operations.reveal import reveal_connection, reveal_device_secret
from logs.models import LogEntry
from operators.actor import SHELL
from operators.models import AuditEntry
from protocol import signing
from tests.console.dom import by_id, swap, text, tree
from tests.console.fixtures import htmx
from tests.console.seed import Fleet


def test_htmx_gets_the_secret_in_its_place(console: Client, fleet: Fleet) -> None:
    url = fleet.plain.get_absolute_url()
    page = tree(console.get(url))
    answer = console.post(f"{url}secret/", headers=htmx("secret"))
    assert b"<html" not in answer.content
    swap(page, tree(answer), "secret")
    assert fleet.plain.device_secret in text(by_id(page, "secret"))


def test_without_htmx_the_whole_page_comes_with_the_secret(console: Client, fleet: Fleet) -> None:
    response = console.post(fleet.plain.get_absolute_url() + "secret/")
    assert fleet.plain.device_secret in text(by_id(tree(response), "secret"))


def test_parameters_are_those_the_platform_shows(fleet: Fleet) -> None:
    key, name = fleet.meter.product_key, fleet.plain.device_name
    shown = reveal_connection(SHELL, key, name)
    suffix = "|securemode=2,signmethod=hmacsha256,timestamp=2524608000000|"
    assert (shown.client_id, shown.username) == (f"{key}.{name}{suffix}", f"{name}&{key}")
    content = signing.connection_content(f"{key}.{name}", name, key, "2524608000000")
    method = signing.SignMethod.HMACSHA256
    assert signing.verify(method, fleet.plain.device_secret, content, shown.password.encode())
    assert shown.password not in repr(shown)


def test_parameters_come_in_their_place(console: Client, fleet: Fleet) -> None:
    url = fleet.plain.get_absolute_url()
    answer = console.post(f"{url}parameters/", headers=htmx("parameters"))
    shown = text(by_id(tree(answer), "parameters"))
    for name in ("clientId", "username", "passwd", "mqttHostUrl", "port"):
        assert name in shown
    whole = text(by_id(tree(console.post(f"{url}parameters/")), "parameters"))
    assert whole == shown


@pytest.mark.parametrize("what", ["secret/", "parameters/"])
def test_no_cache_keeps_it_and_no_record_holds_it(console: Client, fleet: Fleet, what: str) -> None:
    response = console.post(fleet.plain.get_absolute_url() + what)
    assert "no-store" in response.headers["Cache-Control"]
    entry = AuditEntry.objects.get(act="device.reveal")
    assert (str(entry.operator), entry.target) == ("chen", fleet.plain.target)
    recorded = str(list(AuditEntry.objects.values())) + str(list(LogEntry.objects.values()))
    assert fleet.plain.device_secret not in recorded


def test_a_device_that_is_gone_reveals_nothing(fleet: Fleet) -> None:
    with pytest.raises(NotFoundError):
        reveal_device_secret(SHELL, fleet.meter.product_key, "meter-9999")
    with pytest.raises(NotFoundError):
        reveal_connection(SHELL, fleet.meter.product_key, "meter-9999")
    assert not AuditEntry.objects.filter(act="device.reveal").exists()
