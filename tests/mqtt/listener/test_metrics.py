"""/metrics, /healthz and /readyz of the listener."""

import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from prometheus_client.parser import text_string_to_metric_families

from mqtt.listener.counters import Spread
from mqtt.listener.metrics import MetricsServer
from mqtt.management.commands.mqtt_listener import _metrics_option
from protocol.client_id import RegistrationMode
from tests.clients.connects import registration_connect, signed_connect
from tests.clients.mqtt import PATIENCE
from tests.clients.process import StartProcess
from tests.clients.running import RunningListener, eventually
from tests.factories import make_device, make_product
from tests.ports import free_port


@pytest.fixture
def metrics(listener: RunningListener) -> Iterator[MetricsServer]:
    server = MetricsServer(listener.listener.hub, "127.0.0.1", 0)
    server.start()
    yield server
    server.stop()


def asked(metrics: MetricsServer, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(
            f"http://127.0.0.1:{metrics.port}{path}", timeout=PATIENCE
        ) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def scraped(metrics: MetricsServer) -> dict[str, float]:
    """Values by name and labels, as `name{a,b}` with the labels' values, without the prefix."""
    status, text = asked(metrics, "/metrics")
    assert status == HTTPStatus.OK
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(sample.labels.values())
            name = sample.name.removeprefix("iotconsole_listener_")
            found[f"{name}{{{labels}}}" if labels else name] = sample.value
    return found


def test_it_counts_what_devices_do(listener: RunningListener, metrics: MetricsServer) -> None:
    product = make_product()
    device = make_device(product, "lamp-0001")
    assert listener.attempt(registration_connect(product, "lamp-0002")) == 0
    wrong = registration_connect(product, "lamp-0001", RegistrationMode.REGISTER, secret="x" * 16)
    assert listener.attempt(wrong) == 4
    with listener.online(signed_connect(device)):
        assert eventually(lambda: scraped(metrics)["batch_size_count"] >= 3)
        found = scraped(metrics)
        assert found["sessions"] == 1
        assert found["connections"] >= 1
    assert found["registrations_total{regnwl,accepted}"] == 1
    assert found["registrations_total{register,bad_signature}"] == 1
    assert found["connects_total{signature,accepted}"] == 1
    assert found["refused_total{4}"] == 1
    assert (found["accepted_total"], found["turned_away_total"]) == (3, 0)
    assert found["packets_total"] >= 3
    assert found["batch_seconds_bucket{+Inf}"] == found["batch_seconds_count"]
    assert found["process_resident_memory_bytes"] > 0
    assert eventually(lambda: scraped(metrics)["sessions"] == 0)


def test_no_label_names_a_device_or_a_product(
    listener: RunningListener, metrics: MetricsServer
) -> None:
    product = make_product()
    assert listener.attempt(registration_connect(product, "lamp-0002")) == 0
    _, text = asked(metrics, "/metrics")
    assert product.product_key not in text
    assert "lamp-0002" not in text


def test_who_fails_before_tls_is_counted(listener: RunningListener, metrics: MetricsServer) -> None:
    with socket.create_connection(("127.0.0.1", listener.port), PATIENCE) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert eventually(lambda: scraped(metrics)["handshakes_failed_total"] == 1)
    with listener.client():
        assert eventually(lambda: scraped(metrics)["accepted_total"] == 2)
    assert scraped(metrics)["handshakes_failed_total"] == 1


def test_it_lives_and_is_ready(listener: RunningListener, metrics: MetricsServer) -> None:
    assert asked(metrics, "/healthz") == (HTTPStatus.OK, "ok\n")
    assert asked(metrics, "/readyz") == (HTTPStatus.OK, "ok\n")
    assert asked(metrics, "/")[0] == HTTPStatus.NOT_FOUND


def test_a_silent_database_makes_it_unready_and_a_silent_loop_dead(
    listener: RunningListener, metrics: MetricsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    meter = listener.listener.hub.meter
    meter.database_at -= 30
    assert asked(metrics, "/readyz")[0] == HTTPStatus.SERVICE_UNAVAILABLE
    assert asked(metrics, "/healthz")[0] == HTTPStatus.OK
    # No round says so meanwhile that the loop turns.
    monkeypatch.setattr("mqtt.listener.metrics._LOOP_SILENT", -1.0)
    assert asked(metrics, "/healthz")[0] == HTTPStatus.SERVICE_UNAVAILABLE


def test_a_spread_cumulates_and_counts_bounds_below_them() -> None:
    spread = Spread((1, 5))
    for value in (0.5, 1, 3, 5, 9):
        spread.add(value)
    assert spread.cumulated() == [("1", 2.0), ("5", 4.0), ("+Inf", 5.0)]
    assert spread.sum == 18.5


def test_the_command_serves_it_and_still_stops(start: StartProcess) -> None:
    port = free_port()
    process = start(environment={"METRICS_PORT": str(port)}).ready("metrics on 127.0.0.1 port")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=PATIENCE) as answer:
        assert answer.status == HTTPStatus.OK
    process.signal(signal.SIGTERM)
    assert process.wait() == 0


def test_a_port_that_is_taken_keeps_no_device_from_connecting(start: StartProcess) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = start(environment={"METRICS_PORT": port}).ready("no metrics: METRICS_PORT")
        with process.client(tls=True):
            pass


def test_each_worker_has_a_port_of_its_own() -> None:
    assert [_metrics_option(9100, number)[-1] for number in range(3)] == ["9100", "9101", "9102"]
    assert _metrics_option(0, 2)[-1] == "0"
