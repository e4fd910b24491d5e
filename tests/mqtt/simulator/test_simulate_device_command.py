"""`manage.py simulate_device` against a listener in another process, over TLS."""

import io
import json
import signal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from devices.models import ClientBinding, Device
from logs.models import LogEntry
from products.models import Product
from registration.certificate_names import certificate_names
from registration.pki import ensure_certificates
from tests.factories import make_device, make_product
from tests.processes import Listener, ServerProcess, run_command

NAME = "sim-lamp"


def arguments(server: Listener, product: Product, *more: str) -> list[str]:
    return [
        "simulate_device",
        f"--product-key={product.product_key}",
        f"--device-name={NAME}",
        f"--port={server.mqtts_port}",
        f"--ca={server.ca_file}",
        f"--state={server.data_dir / 'simulator'}",
        *more,
    ]


def played(server: Listener, product: Product, *more: str) -> list[dict[str, Any]]:
    """Its events, with --once; it must succeed."""
    output = io.StringIO()
    call_command(*arguments(server, product, "--once", "--json", *more), stdout=output)
    return [json.loads(line) for line in output.getvalue().splitlines()]


def steps(events: list[dict[str, Any]]) -> list[str]:
    return [event["event"] for event in events]


def test_preregistration_free_it_registers_connects_and_publishes(server: Listener) -> None:
    events = played(server, make_product())
    assert steps(events) == ["registering", "registered", "connected", "published"]
    binding = ClientBinding.objects.get()
    assert events[-1]["client_id"] == binding.client_id
    assert binding.first_connected_at is not None


def test_preregistered_it_registers_connects_and_publishes(server: Listener) -> None:
    product = make_product()
    make_device(product, NAME)
    events = played(server, product, "--mode=register")
    assert steps(events) == ["registering", "registered", "connected", "published"]
    assert Device.objects.get().activated_at is not None


def test_what_it_received_is_used_the_next_time(server: Listener) -> None:
    product = make_product()
    played(server, product)
    assert steps(played(server, product)) == ["connected", "published"]
    assert ClientBinding.objects.count() == 1


def test_fresh_registers_anew_and_keeps_that(server: Listener) -> None:
    product = make_product()
    played(server, product)
    fresh = played(server, product, "--fresh")[-1]["client_id"]
    assert played(server, product)[-1]["client_id"] == fresh
    assert ClientBinding.objects.count() == 2


def test_a_clone_registers_anew_and_leaves_what_is_saved_alone(server: Listener) -> None:
    product = make_product()
    genuine = played(server, product)[-1]["client_id"]
    assert played(server, product, "--clone")[-1]["client_id"] != genuine
    assert played(server, product)[-1]["client_id"] == genuine


def test_several_devices_get_numbered_names(server: Listener) -> None:
    events = played(server, make_product(), "--count=3")
    assert {event["device_name"] for event in events} == {f"{NAME}-{n}" for n in (1, 2, 3)}
    assert Device.objects.filter(activated_at__isnull=False).count() == 3


def test_neither_output_nor_state_tells_more_than_needed(server: Listener) -> None:
    product = make_product()
    told = json.dumps(played(server, product))
    saved = (server.data_dir / "simulator").iterdir()
    token = json.loads(next(saved).read_text())["device_token"]
    assert token not in told
    assert product.product_secret not in told


def test_a_refused_registration_ends_with_exit_code_1_and_words(server: Listener) -> None:
    product = make_product(open_registration=False)
    ended = run_command(*arguments(server, product, "--once"), environment=server.environment)
    assert ended.returncode == 1
    assert "CONNACK 4" in ended.stdout
    assert "Dynamic Registration off" in ended.stdout
    assert "Traceback" not in ended.stderr


def test_it_does_not_trust_another_ca(server: Listener, tmp_path: Path) -> None:
    strangers = ensure_certificates(tmp_path / "strangers", certificate_names("localhost", ()))
    wrong = arguments(server, make_product(), "--once", f"--ca={strangers.ca}")
    # In a process of its own, for paho leaves closing the socket to the interpreter's end.
    ended = run_command(*wrong, environment=server.environment)
    assert ended.returncode == 1
    assert "does not verify with ca.pem" in ended.stdout
    assert not LogEntry.objects.filter(operation="regnwl").exists()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_stays_until_it_is_stopped_and_ends_cleanly(
    server: Listener, tmp_path: Path, how: signal.Signals
) -> None:
    product = make_product()
    simulator = ServerProcess(
        *arguments(server, product, "--interval=0.1"),
        environment=server.environment,
        log=tmp_path / "simulator.log",
    )
    try:
        simulator.wait_for_output("Published message 3")
        assert simulator.stop(how) == 0
    finally:
        simulator.close()
    assert "Stopped." in simulator.output
    assert "Traceback" not in simulator.output


@pytest.fixture
def ca_file(tmp_path: Path) -> Path:
    file = tmp_path / "ca.pem"
    file.write_text("never read")
    return file


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (["--count=0"], "--count"),
        (["--count=501"], "--count"),
        (["--interval=0"], "--interval"),
        (["--ca=/nowhere/ca.pem"], r"no CA certificate at /nowhere/ca\.pem"),
        (["--device-name=x"], "deviceName"),
        (["--device-name=sim lamp"], "deviceName"),
        (["--product-key=a1nosuchkey"], "PRODUCT_SECRET"),
        (["--mode=connwl"], "invalid choice"),
        (["--fresh", "--clone"], "not allowed with"),
    ],
)
def test_a_wrong_argument_is_told_before_anything_happens(
    ca_file: Path, wrong: list[str], sentence: str
) -> None:
    key = make_product().product_key
    with pytest.raises(CommandError, match=sentence):
        call_command("simulate_device", f"--product-key={key}", f"--ca={ca_file}", "--once", *wrong)


@pytest.mark.django_db
def test_a_product_secret_in_the_environment_needs_no_database(
    monkeypatch: pytest.MonkeyPatch, ca_file: Path
) -> None:
    monkeypatch.setenv("PRODUCT_SECRET", "h1nQFYPZS0mWabcd")
    output = io.StringIO()
    with pytest.raises(SystemExit):
        call_command(
            *("simulate_device", "--product-key=a1nosuchkey", f"--ca={ca_file}", "--once"),
            stdout=output,
        )
    assert "not a CA certificate" in output.getvalue()
