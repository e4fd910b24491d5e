"""manage.py serve: what is started, what is told, and what stops a start."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django import Settings

from common.ops.supervisor import Program
from iotconsole.management.commands import serve


@pytest.fixture(autouse=True)
def addresses(settings: Settings) -> None:
    settings.HTTP_HOST, settings.HTTP_PORT = "127.0.0.1", 8001
    settings.MQTTS_HOST, settings.MQTTS_PORT = "0.0.0.0", 8884
    settings.MQTT_HOST, settings.MQTT_PORT = "127.0.0.1", 1884
    settings.HTTPS_HOST, settings.HTTPS_PORT = "0.0.0.0", 8444
    settings.PUBLIC_HOST = "mqtt.example"
    settings.CONSOLE_URL = "https://console.example"
    settings.DATA_DIR = Path("/data")


def listening(program: Program) -> list[tuple[str, int, str]]:
    return [(address.host, address.port, address.setting) for address in program.addresses]


def test_the_console_listens_where_its_settings_say() -> None:
    program = serve.console()
    assert listening(program) == [("127.0.0.1", 8001, "HTTP_PORT")]
    assert "127.0.0.1:8001" in program.command


def test_an_ipv6_address_is_put_in_brackets_for_gunicorn(settings: Settings) -> None:
    settings.HTTP_HOST = "::1"
    assert "[::1]:8001" in serve.console().command


def test_the_listener_listens_on_both_ports() -> None:
    expected = [("0.0.0.0", 8884, "MQTTS_PORT"), ("127.0.0.1", 1884, "MQTT_PORT")]
    assert listening(serve.listener()) == expected


def test_a_port_that_the_system_chooses_is_neither_awaited_nor_announced(
    settings: Settings,
) -> None:
    settings.MQTT_PORT = 0
    assert listening(serve.listener()) == [("0.0.0.0", 8884, "MQTTS_PORT")]
    assert "plain" not in serve.banner()


def test_devices_and_back_ends_have_an_https_port_unless_it_is_turned_off(
    settings: Settings,
) -> None:
    (program,) = serve.https()
    assert listening(program) == [("0.0.0.0", 8444, "HTTPS_PORT")]
    settings.HTTPS_PORT = 0
    assert serve.https() == []
    assert "HTTPS" not in serve.banner()


@pytest.mark.parametrize(
    "words",
    [
        "https://console.example",
        "mqtt.example:8884",
        "127.0.0.1:1884",
        "mqtt.example:8444",
        "/data/pki/ca.pem",
        "Ctrl-C",
    ],
)
def test_the_banner_tells_what_a_newcomer_needs(words: str) -> None:
    assert words in serve.banner()


def test_children_find_the_same_data_wherever_they_run() -> None:
    assert serve.environment()["DATA_DIR"] == "/data"


def test_a_port_in_use_ends_the_start_with_its_name_and_without_a_traceback(
    tmp_path: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        environment = {**os.environ, "HTTP_PORT": str(port), "DATA_DIR": str(tmp_path)}
        run = subprocess.run(
            [sys.executable, "manage.py", "serve"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert run.returncode == 1
    assert run.stderr.startswith(f"CommandError: Port {port} is already in use.")
    assert "HTTP_PORT" in run.stderr


def test_a_wrong_setting_ends_the_start_with_its_name_and_without_a_traceback() -> None:
    run = subprocess.run(
        [sys.executable, "manage.py", "serve"],
        env={**os.environ, "HTTP_PORT": "eight"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert run.stderr == "Cannot start: HTTP_PORT must be a whole number, not 'eight'.\n"
