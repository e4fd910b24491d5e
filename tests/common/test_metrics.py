"""Metrics of the HTTP processes and the worker, and the endpoint where Prometheus reads them."""

import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from brokers import disconnect_round
from brokers.http import BrokerError
from common.crypto.encrypted_fields import key_name
from common.ops import metrics_port
from common.ops.metrics import registry
from common.ops.metrics_port import PagesPort, serve_metrics
from common.ops.periodic_tasks import PeriodicTask
from devices.bulk_actions import job_kind
from jobs.operations import submit
from jobs.rounds import take_turn
from jobs.runner import work
from operators import sms
from operators.actor import SHELL
from operators.errors import SmsError
from operators.models import Role
from registration.deferred_log import LateLog, write
from tests import rpc
from tests.brokers.webhooks.asking import SECRETS, ask
from tests.factories import LISTENER, make_device, make_product
from tests.operators.people import person
from tests.ports import free_port
from tests.processes import ServerProcess, running_https_server, wait_for_port
from tests.registration.test_device_http import form, post

PATIENCE = 20


def value(name: str, **labels: str) -> float:
    return registry.get_sample_value(f"iotconsole_{name}", labels) or 0.0


class Rise:
    """How much a number rises within the block."""

    def __init__(self, name: str, **labels: str) -> None:
        self.name, self.labels = name, labels
        self.before = value(name, **labels)

    @property
    def by(self) -> float:
        return value(self.name, **self.labels) - self.before


@pytest.fixture
def signed_in(client: Client, db: None) -> Client:
    client.force_login(person("chen", role=Role.ADMIN))
    return client


# --- HTTP ---------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "group", "status"),
    [
        ("/products/", "products", "2xx"),
        ("/settings/password/", "operators", "2xx"),
        ("/", "overview", "2xx"),
        ("/products/a1NoSuchKey/", "products", "4xx"),
        ("/nothing/", "unknown", "4xx"),
        ("/static/css/console.css", "static", "2xx"),
        ("/healthz", "health", "2xx"),
        ("/?Action=QueryProduct", "api", "4xx"),
        ("/brokers/rabbitmq/user", "webhooks", "4xx"),
    ],
)
def test_requests_are_counted_by_what_they_were_for(
    signed_in: Client, path: str, group: str, status: str
) -> None:
    requests = Rise("http_requests_total", group=group, status=status)
    timed = Rise("http_request_seconds_count", group=group)
    signed_in.get(path).close()
    assert (requests.by, timed.by) == (1, 1)
    assert value("http_requests_in_progress") == 0


@pytest.mark.django_db
def test_a_request_that_fails_is_counted_as_ours(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("iotconsole.context_processors.trace_of", fail)
    signed_in.raise_request_exception = False
    failures = Rise("http_requests_total", group="products", status="5xx")
    signed_in.get("/products/")
    assert failures.by == 1


@pytest.mark.django_db
def test_a_stranger_makes_no_new_labels(client: Client) -> None:
    before = labels_of_requests()
    for name in ("secret-1", "secret-2"):
        client.get(f"/{name}/")
        client.get(f"/products/{name}/")
        client.generic(name.upper(), "/")
        client.get(f"/?Action={name}")
        client.post(f"/brokers/{name}/rabbitmq/user")
    assert all("secret" not in str(labels) for labels in labels_of_requests() - before)


def labels_of_requests() -> set[tuple[str, ...]]:
    return {
        (family.name, *sample.labels.values())
        for family in registry.collect()
        for sample in family.samples
    }


@pytest.mark.django_db
def test_calls_of_the_api_are_counted_by_action() -> None:
    fine = Rise("api_calls_total", action="QueryProductList", result="ok")
    failed = Rise("api_calls_total", action="QueryDeviceDetail", result="failed")
    refused = Rise("api_calls_total", action="QueryProductList", result="refused")
    rpc.call("QueryProductList", PageSize=1, CurrentPage=1)
    rpc.failure("QueryDeviceDetail", ProductKey="a1Nothing", DeviceName="nothing")
    Client().get("/?Action=QueryProductList")
    assert (fine.by, failed.by, refused.by) == (1, 1, 1)


@pytest.mark.django_db
def test_registrations_and_questions_of_brokers_are_counted(
    client: Client, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LateLog, "add", lambda _, record: write([record]))
    settings.BROKER_WEBHOOK_SECRETS = {"rabbitmq": [SECRETS["rabbitmq"]]}
    accepted = Rise("https_registrations_total", result="accepted")
    refused = Rise("https_registrations_total", result="bad_signature")
    strangers = Rise("webhook_questions_total", question="rabbitmq/user", answer="stranger")
    denied = Rise("webhook_questions_total", question="rabbitmq/user", answer="deny")
    device = make_device(make_product(), "lamp")
    for secret in (device.product.product_secret, "wrong"):
        post(client, form(device.product.product_key, secret, "lamp"))
    ask("rabbitmq/user", {})
    ask("rabbitmq/user", {}, headers={})
    assert (accepted.by, refused.by, strangers.by, denied.by) == (1, 1, 1, 1)


# --- SMS and the worker -------------------------------------------------------------------
def test_messages_are_counted_by_what_the_provider_did(monkeypatch: pytest.MonkeyPatch) -> None:
    accepted = Rise("sms_messages_total", result="accepted")
    late = Rise("sms_messages_total", result="timeout")
    sms.send("+8613812341234", "Code 123456", 1)

    def fail(_number: str, _text: str, _account: int) -> None:
        raise SmsError("It did not answer.", "timeout")

    monkeypatch.setattr("operators.sms.memory.send", fail)
    with pytest.raises(SmsError):
        sms.send("+8613812341234", "Code 123456", 1)
    assert (accepted.by, late.by) == (1, 1)


@pytest.mark.django_db
def test_rounds_are_counted_and_timed() -> None:
    def fail(_: object) -> None:
        raise ValueError

    fine = Rise("worker_rounds_total", round="counted here", result="ok")
    failed = Rise("worker_rounds_total", round="failing here", result="failed")
    take_turn(PeriodicTask("counted here", 60, lambda _: None), LISTENER)
    with pytest.raises(ValueError, match=r"^$"):
        take_turn(PeriodicTask("failing here", 60, fail), LISTENER)
    assert (fine.by, failed.by) == (1, 1)
    assert value("worker_round_done_timestamp_seconds", round="counted here") > 0
    assert not value("worker_round_done_timestamp_seconds", round="failing here")


@pytest.mark.django_db(transaction=True)
def test_jobs_are_counted_when_they_end() -> None:
    device = make_device(make_product())
    kind = job_kind("disable")
    done = Rise("worker_jobs_total", kind=kind, state="done")
    submit(SHELL, kind, product=device.product, rows=[device.pk])
    while work(LISTENER, lambda: False):
        pass
    assert done.by == 1
    assert value("worker_job_turn_seconds_count", kind=kind) >= 1


def test_what_brokers_were_told_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closer:
        def __init__(self, broker: str) -> None: ...
        def __enter__(self) -> "Closer":
            return self

        def __exit__(self, *_: object) -> None: ...
        def close(self, username: str, *_: str) -> None:
            if username == "unreachable":
                raise BrokerError

    class Closing:
        device_id, reason = 1, ""

        def __init__(self, username: str) -> None:
            self.username = username

    due = [Closing("lamp"), Closing("unreachable")]
    monkeypatch.setattr(disconnect_round, "closings_due", lambda *_: due)
    monkeypatch.setattr(disconnect_round, "connection_to_keep", lambda *_: "")
    monkeypatch.setattr(disconnect_round, "note_closed", lambda *_: None)
    monkeypatch.setattr(disconnect_round, "Closer", Closer)
    monkeypatch.setattr(disconnect_round, "configured", lambda: ["rabbitmq"])
    closed = Rise("worker_closings_total", broker="rabbitmq", result="closed")
    failed = Rise("worker_closings_total", broker="rabbitmq", result="failed")
    with pytest.raises(BrokerError):
        disconnect_round.close_connections(None)  # type: ignore[arg-type]
    assert (closed.by, failed.by) == (1, 1)


# --- The port -----------------------------------------------------------------------------
def asked(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def names(text: str) -> set[str]:
    return {family.name for family in text_string_to_metric_families(text)}


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[PagesPort]]:
    """The ports taken in a test, closed after it."""
    taken: list[PagesPort] = []
    make = PagesPort.__init__

    def noted(self: PagesPort, *given: Any) -> None:
        make(self, *given)
        taken.append(self)

    monkeypatch.setattr(PagesPort, "__init__", noted)
    yield taken
    for port in taken:
        port.stop()


def serve(port: int, settings: LazySettings, processes: int = 1) -> None:
    settings.HTTP_METRICS_PORT = port
    thread = serve_metrics("HTTP_METRICS_PORT", processes)
    assert isinstance(thread, threading.Thread)
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_the_port_answers_prometheus_and_nobody_else(
    settings: LazySettings, served: list[PagesPort]
) -> None:
    port = free_port()
    serve(port, settings)
    status, text = asked(port, "/metrics")
    assert status == HTTPStatus.OK
    assert {"iotconsole_http_requests", "process_cpu_seconds"} <= names(text)
    first = key_name(settings.FIELD_KEYS[0])
    assert f'iotconsole_field_keys{{first="{first}",others=""}} 1.0' in text
    assert settings.FIELD_KEYS[0] not in text
    assert asked(port, "/healthz") == (HTTPStatus.OK, "ok\n")
    assert asked(port, "/other")[0] == HTTPStatus.NOT_FOUND


def test_each_process_takes_the_next_free_port(
    settings: LazySettings, served: list[PagesPort]
) -> None:
    port = free_port()
    for _ in range(2):
        serve(port, settings, processes=2)
    assert [each.port for each in served] == [port, port + 1]


def test_a_process_that_finds_none_takes_one_that_becomes_free(
    settings: LazySettings, served: list[PagesPort], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics_port, "_RETRY_SECONDS", 0.01)
    settings.HTTP_METRICS_PORT = port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        thread = serve_metrics("HTTP_METRICS_PORT")
        assert thread is not None
        thread.join(0.1)
        assert thread.is_alive()
    thread.join(PATIENCE)
    assert [each.port for each in served] == [port]


def test_without_a_port_nothing_is_served() -> None:
    assert serve_metrics("HTTP_METRICS_PORT") is None


def test_the_https_server_and_the_worker_show_theirs(
    process_environment: dict[str, str], tmp_path: Path
) -> None:
    https, worker = free_port(), free_port()
    environment = {
        **process_environment,
        "WEB_CONCURRENCY": "1",
        "HTTPS_METRICS_PORT": str(https),
        "WORKER_METRICS_PORT": str(worker),
    }
    with running_https_server(environment, tmp_path) as server:
        wait_for_port(https, server.process)
        assert "iotconsole_https_registrations" in names(asked(https, "/metrics")[1])
        process = ServerProcess("worker", environment=environment, log=tmp_path / "worker.log")
        try:
            wait_for_port(worker, process)
            assert "iotconsole_worker_rounds" in names(asked(worker, "/metrics")[1])
        finally:
            process.stop()
            process.close()
