"""The command as a real process: start, graceful stop, kill -9, workers, messages."""

import os
import signal
import time
from pathlib import Path

import pytest

from devices.device_state import totals
from devices.models import ListenerProcess as Row
from devices.models import Session
from logs.models import LogEntry
from protocol import mqtt
from tests.clients.connects import registration_connect, signed_connect
from tests.clients.process import StartProcess
from tests.clients.running import eventually
from tests.factories import make_device, make_product

pytestmark = pytest.mark.django_db(transaction=True)


def offline_reasons() -> list[str]:
    return list(LogEntry.objects.filter(operation="offline").values_list("reason", flat=True))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_ends_every_session_and_leaves_within_ten_seconds(
    start: StartProcess, number: signal.Signals
) -> None:
    device = make_device(make_product(), "lamp-0001")
    process = start().ready()
    with process.client(tls=True) as online, process.client() as idle:
        online.send(signed_connect(device))
        assert online.connack() == 0
        since = time.monotonic()
        process.signal(number)
        assert online.is_closed()
        assert idle.is_closed()
        assert process.wait() == 0
    assert time.monotonic() - since < 10
    assert offline_reasons() == ["server_stopped"]
    assert totals().online == 0
    assert not Row.objects.exists()
    assert "Traceback" not in process.log


def test_a_start_after_kill_9_leaves_nobody_online(start: StartProcess) -> None:
    device = make_device(make_product(), "lamp-0001")
    killed = start().ready()
    with killed.client() as client:
        client.send(signed_connect(device))
        assert client.connack() == 0
        killed.signal(signal.SIGKILL)
        killed.wait()
    assert totals().online == 1
    start().ready()
    assert totals().online == 0
    assert offline_reasons() == ["server_lost"]
    assert Row.objects.count() == 1


def test_a_living_listener_buries_one_that_was_killed_beside_it(start: StartProcess) -> None:
    device = make_device(make_product(), "lamp-0001")
    first, second = start().ready(), start().ready()
    with first.client() as client:
        client.send(signed_connect(device))
        assert client.connack() == 0
        first.signal(signal.SIGKILL)
        first.wait()
    assert eventually(lambda: Row.objects.count() == 1)
    assert totals().online == 0
    assert Row.objects.get().pid == second.pid


def test_a_second_listener_on_its_port_says_which_setting_to_change(
    start: StartProcess,
) -> None:
    first = start().ready()
    second = start(port=first.port)
    assert second.wait() == 1
    assert f"port {first.port}" in second.log
    assert "MQTTS_PORT" in second.log
    assert "Traceback" not in second.log
    assert Row.objects.count() == 1


def test_without_certificates_it_says_how_to_make_them(start: StartProcess, tmp_path: Path) -> None:
    for file in (tmp_path / "data" / "pki").glob("server-*"):
        file.unlink()
    process = start()
    assert process.wait() == 1
    assert "manage.py certificates" in process.log
    assert "Traceback" not in process.log


def test_without_a_place_for_its_lock_it_says_so(start: StartProcess, tmp_path: Path) -> None:
    (tmp_path / "data" / "listeners").write_text("in the way")
    process = start()
    assert process.wait() == 1
    assert f"Cannot use {tmp_path / 'data' / 'listeners'}: File exists" in process.log
    assert "Traceback" not in process.log


def test_workers_share_the_ports_and_stop_together(start: StartProcess) -> None:
    product = make_product()
    process = start("--workers", "2").ready("2 workers serve")
    assert eventually(lambda: Row.objects.count() == 2)
    served: set[object] = set()
    for number in range(100):
        device = make_device(product, f"lamp-{number:04}")
        with process.client() as client:
            client.send(signed_connect(device))
            assert client.connack() == 0
            served.add(Session.objects.get(device=device).listener)
        if len(served) == 2:
            break
    assert len(served) == 2
    process.signal(signal.SIGTERM)
    assert process.wait() == 0
    assert not Row.objects.exists()
    assert totals().online == 0


def test_a_worker_that_dies_takes_the_command_with_it(start: StartProcess) -> None:
    process = start("--workers", "2").ready("2 workers serve")
    # A port takes connections a little before its worker is announced.
    assert eventually(lambda: Row.objects.count() == 2)
    os.kill(Row.objects.all()[0].pid, signal.SIGKILL)
    assert process.wait() == 1
    assert "listener" in process.log


def test_workers_below_one_are_refused(start: StartProcess) -> None:
    process = start("--workers", "0")
    assert process.wait() == 1
    assert "--workers must be at least 1" in process.log


def test_more_workers_on_a_port_in_use_say_so(start: StartProcess) -> None:
    first = start().ready()
    second = start("--workers", "2", port=first.port)
    assert second.wait() == 1
    assert str(first.port) in second.log


def test_a_device_that_waits_for_its_answer_gets_it_before_the_end(start: StartProcess) -> None:
    product = make_product()
    process = start().ready()
    clients = [process.client(tls=True) for _ in range(20)]
    for number, client in enumerate(clients):
        client.send(registration_connect(product, f"sim-{number:05}"))
    process.signal(signal.SIGTERM)
    codes = [client.connack() for client in clients]
    assert set(codes) <= {0, 3}
    for client in clients:
        client.close()
    assert process.wait() == 0


def test_no_secret_reaches_the_servers_log(start: StartProcess) -> None:
    device = make_device(make_product(), "lamp-0001")
    process = start().ready()
    with process.client(tls=True) as client:
        client.send(signed_connect(device))
        assert client.connack() == 0
        client.send(mqtt.publish("/not/mine", b"secret-payload"))
        client.leave()
    assert eventually(lambda: "device_disconnect" in offline_reasons())
    process.signal(signal.SIGTERM)
    process.wait()
    for secret in (device.device_secret, device.product.product_secret, "secret-payload"):
        assert secret not in process.log
