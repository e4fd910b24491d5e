"""Asking the cloud: signed, patiently, and without telling anybody a secret."""

import io
import itertools
import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from common.errors import OperationError
from devices.models import Device
from imports.fleet.cloud import Cloud, CloudError, Credentials, Endpoint
from imports.fleet.cloud_fetch import ACTIONS, collect
from imports.fleet.merge import Fleet
from imports.fleet.reading import reading_of
from imports.fleet.records import Item
from imports.fleet.resume_file import KEPT_SECONDS, Journal
from operators.models import AccessKeyScope
from products.models import Product
from protocol import rpc
from tests.factories import connect_by_secret, issued_client_id, make_device, make_product
from tests.rpc import key_for

OWNER = Credentials("LTAI5tExample", "a-very-secret-key")
ANSWER = {"Success": True, "Data": {}}


class Source:
    """Answers with what it was given, one after the other, and notes what it was asked."""

    def __init__(self) -> None:
        self.answers: Iterator[tuple[int, Any]] = itertools.repeat((200, ANSWER))
        self.asked: list[rpc.RpcRequest] = []
        source = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                parts = urlsplit(self.path)
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = rpc.HttpRequest("POST", parts.path, parts.query, headers)
                source.asked.append(rpc.parse(request))
                status, answer = next(source.answers)
                body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Not onto the terminal."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint.parse(f"http://127.0.0.1:{self._server.server_port}")

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def source() -> Iterator[Source]:
    started = Source()
    yield started
    started.close()


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def cloud(source: Source, slept: list[float], tmp_path: Path) -> Iterator[Cloud]:
    journal = Journal.of(tmp_path, "test")
    asked = Cloud(source.endpoint, OWNER, journal, instance_id="iot-1", sleep=slept.append)
    yield asked
    asked.close()


def test_a_question_is_signed_and_names_its_instance(cloud: Cloud, source: Source) -> None:
    assert cloud.ask("QueryDevice", ProductKey="a1", CurrentPage=2, NextToken="") == ANSWER
    (request,) = source.asked
    assert request.signed_with(OWNER.access_key_secret)
    assert (request.action, request.access_key_id) == ("QueryDevice", OWNER.access_key_id)
    assert dict(request.parameters) == {
        "ProductKey": "a1",
        "CurrentPage": "2",
        "IotInstanceId": "iot-1",
    }


def test_what_was_answered_is_not_asked_again_not_even_by_another_run(
    cloud: Cloud, source: Source, tmp_path: Path
) -> None:
    cloud.ask("QueryDevice", ProductKey="a1")
    cloud.ask("QueryDevice", ProductKey="a1")
    later = Cloud(source.endpoint, OWNER, Journal.of(tmp_path, "test"))
    assert later.ask("QueryDevice", ProductKey="a1") == ANSWER
    assert len(source.asked) == 1
    later.ask("QueryDevice", ProductKey="b2")
    later.close()
    assert len(source.asked) == 2


@pytest.mark.parametrize(
    "busy",
    [
        (400, {"Code": "Throttling.User", "Message": "m"}),
        (503, {"Code": "ServiceUnavailable", "Message": "m"}),
        (502, b"<html>Bad gateway</html>"),
    ],
)
def test_a_busy_cloud_is_asked_again_later(
    cloud: Cloud, source: Source, slept: list[float], busy: tuple[int, Any]
) -> None:
    source.answers = iter([busy, busy, (200, ANSWER)])
    assert cloud.ask("QueryProduct", ProductKey="a1") == ANSWER
    assert {1.0, 2.0} <= set(slept)


def test_a_refusal_is_told_by_its_code_alone(cloud: Cloud, source: Source) -> None:
    source.answers = iter([(400, {"Code": "SignatureDoesNotMatch", "Message": "a-secret-string"})])
    with pytest.raises(CloudError) as refused:
        cloud.ask("QueryProduct", ProductKey="a1")
    assert refused.value.text == "The cloud refused QueryProduct: SignatureDoesNotMatch."
    source.answers = iter([(200, {"Success": False, "Code": "iot.prod.NotExistedProduct"})])
    with pytest.raises(CloudError, match=r"iot\.prod\.NotExistedProduct"):
        cloud.ask("QueryProduct", ProductKey="a1")


def test_a_cloud_that_cannot_be_reached_is_said_so(tmp_path: Path, slept: list[float]) -> None:
    nobody = Endpoint.parse("http://127.0.0.1:1")
    cloud = Cloud(nobody, OWNER, Journal.of(tmp_path, "x"), sleep=slept.append)
    with pytest.raises(
        OperationError, match=r"127\.0\.0\.1:1 cannot be reached: Connection refused"
    ):
        cloud.ask("QueryProduct", ProductKey="a1")
    assert max(slept) <= 30


def test_no_more_is_asked_in_a_second_than_is_allowed(cloud: Cloud, slept: list[float]) -> None:
    for number in range(3):
        cloud.ask("QueryClientIds", IotId=str(number))
    assert sum(slept) == pytest.approx(3 / 8, abs=0.1)


@pytest.mark.parametrize(
    ("text", "host", "port", "tls"),
    [
        ("iot.cn-shanghai.aliyuncs.com", "iot.cn-shanghai.aliyuncs.com", 443, True),
        ("here.example:8443", "here.example", 8443, True),
        ("https://here.example", "here.example", 443, True),
        ("http://127.0.0.1:8000", "127.0.0.1", 8000, False),
    ],
)
def test_an_endpoint_is_a_host_name(text: str, host: str, port: int, tls: bool) -> None:
    assert Endpoint.parse(text) == Endpoint(host, port, tls)


@pytest.mark.parametrize("text", ["", "http://here.example", "ftp://x", "x:y", "https://"])
def test_anything_else_is_none_and_secrets_travel_over_tls_alone(text: str) -> None:
    with pytest.raises(OperationError):
        Endpoint.parse(text)


def test_the_journal_is_encrypted_and_survives_a_line_half_written(tmp_path: Path) -> None:
    journal = Journal.of(tmp_path, "s")
    journal.note("one", {"DeviceSecret": "very-secret"})
    (file,) = tmp_path.iterdir()
    assert b"very-secret" not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0
    whole = file.read_bytes()
    journal.note("two", {"n": 2})
    file.write_bytes(file.read_bytes()[:-7])
    again = Journal.of(tmp_path, "s")
    assert (again.get("one"), again.get("two")) == ({"DeviceSecret": "very-secret"}, None)
    assert file.read_bytes() == whole
    again.forget()
    assert not list(tmp_path.iterdir())


def test_an_old_journal_is_of_no_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Journal.of(tmp_path, "s").note("one", 1)
    later = time.time() + KEPT_SECONDS + 60
    monkeypatch.setattr("imports.fleet.resume_file.time.time", lambda: later)
    assert Journal.of(tmp_path, "s").get("one") is None


def collected(cloud: Cloud, **options: Any) -> list[Item]:
    fleet = Fleet(ACTIONS)
    collect(cloud, fleet, **options)
    return reading_of(fleet, list(ACTIONS), []).items


def page(names: list[str], pages: int, token: str = "") -> tuple[int, Any]:
    rows = [
        {"ProductKey": "a1", "DeviceName": n, "DeviceSecret": "s", "DeviceStatus": "UNACTIVE"}
        for n in names
    ]
    return 200, {"PageCount": pages, "NextToken": token, "Data": {"DeviceInfo": rows}}


def test_devices_come_page_by_page_by_number_or_by_token(cloud: Cloud, source: Source) -> None:
    product = {"Data": {"ProductKey": "a1", "ProductSecret": "secret", "ProductName": "Lamp"}}
    pages = [page(["lamp-1"], 3), page(["lamp-2"], 3, "next"), page(["lamp-3"], 3)]
    source.answers = iter([(200, product), *pages, page([], 3)])
    items = collected(cloud, products=["a1"])
    assert [item["DeviceName"] for item in items if item.kind == "d"] == [
        "lamp-1",
        "lamp-2",
        "lamp-3",
    ]
    asked = [dict(request.parameters) for request in source.asked[1:]]
    assert [one.get("NextToken") or one.get("CurrentPage") for one in asked] == ["1", "2", "next"]


@pytest.mark.parametrize("pages", ["²", "3.0", "", None, True, "9" * 5000, [3]])
def test_a_number_of_pages_that_is_none_means_no_further_page(
    cloud: Cloud, source: Source, pages: Any
) -> None:
    product = {"Data": {"ProductKey": "a1", "ProductSecret": "secret", "ProductName": "Lamp"}}
    status, answer = page(["lamp-1"], 1)
    source.answers = iter([(200, product), (status, {**answer, "PageCount": pages})])
    assert [
        item["DeviceName"] for item in collected(cloud, products=["a1"]) if item.kind == "d"
    ] == ["lamp-1"]


# This server as the source -------------------------------------------------------------------


@pytest.fixture
def fleet_here(transactional_db: None) -> Product:
    """Sixty lamps, of which one has connected, and a preregistration-free one."""
    product = make_product()
    for number in range(60):
        make_device(product, f"lamp-{number:04}")
    connect_by_secret(Device.objects.select_related("product").get(device_name="lamp-0007"))
    issued_client_id(product, "free-0001")
    device = Device.objects.select_related("product").get(device_name="free-0001")
    connect_by_secret(device)
    return product


def cloud_here(live_server: LiveServer, scope: AccessKeyScope, directory: Path) -> Cloud:
    key = key_for(scope)
    credentials = Credentials(key.access_key_id, key.secret)
    return Cloud(Endpoint.parse(live_server.url), credentials, Journal.of(directory, "here"))


def test_this_server_is_a_source_too(
    fleet_here: Product, live_server: LiveServer, tmp_path: Path
) -> None:
    cloud = cloud_here(live_server, AccessKeyScope.EVERYTHING, tmp_path)
    items = collected(cloud)
    cloud.close()
    (product,) = [item for item in items if item.kind == "p"]
    assert product["ProductSecret"] == fleet_here.product_secret
    devices = {item["DeviceName"]: item for item in items if item.kind == "d"}
    assert len(devices) == 61
    for device in Device.objects.all():
        found = devices[device.device_name]
        assert (found["DeviceSecret"], found["IotId"]) == (device.device_secret, device.iot_id)
    assert len(devices["free-0001"].client_ids) == 1
    assert [p.key for item in items for p in item.problems] == ["no_token"]


def test_the_command_brings_it_here_and_tells_nobody_the_key(
    fleet_here: Product,
    live_server: LiveServer,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.DATA_DIR = tmp_path
    key = key_for()
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", key.access_key_id)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", key.secret)
    monkeypatch.delenv("ALIBABA_CLOUD_SECURITY_TOKEN", raising=False)
    output = io.StringIO()
    call_command("import_fleet", "--from-cloud", "--endpoint", live_server.url, stdout=output)
    told = output.getvalue()
    assert "Already there, unchanged: products 1, devices 61." in told
    assert key.secret not in told + caplog.text
    assert not list((tmp_path / "fleet").iterdir())


@pytest.mark.django_db
def test_what_a_dry_run_has_asked_is_not_asked_again_unless_that_is_wanted(
    source: Source, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", OWNER.access_key_id)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", OWNER.access_key_secret)
    product = {"Data": {"ProductKey": "a1", "ProductSecret": "secret", "ProductName": "Lamp"}}
    source.answers = itertools.cycle([(200, product), page(["lamp-1"], 1)])
    endpoint = f"http://{source.endpoint.name}"
    dry_run = ("import_fleet", "--from-cloud", "--endpoint", endpoint, "--only", "a1", "--dry-run")
    for options, asked in (((), 2), ((), 2), (("--start-over",), 4)):
        call_command(*dry_run, *options, stdout=io.StringIO())
        assert len(source.asked) == asked
    assert not Device.objects.exists()


def test_without_a_key_it_says_where_to_put_one(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.delenv("ALIBABA_CLOUD_ACCESS_KEY_ID", raising=False)
    monkeypatch.delenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", raising=False)
    with pytest.raises(Exception, match="ALIBABA_CLOUD_ACCESS_KEY_SECRET"):
        call_command("import_fleet", "--from-cloud")
