"""All programs under the supervisor, as `make run` starts them, over real sockets."""

import json
import signal
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.urls import reverse

from tests.ports import free_ports

PATIENCE = 60


@pytest.fixture
def environment(process_environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    http, mqtts, mqtt, https = free_ports(4)
    return {
        **process_environment,
        "DATA_DIR": str(tmp_path),
        "HTTP_PORT": str(http),
        "MQTTS_PORT": str(mqtts),
        "MQTTS_HOST": "127.0.0.1",
        "MQTT_PORT": str(mqtt),
        "HTTPS_PORT": str(https),
        "HTTPS_HOST": "127.0.0.1",
    }


@pytest.fixture
def running(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """`serve`, once it has said that everything accepts connections."""
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "certificates"], env=environment, check=True, capture_output=True)
    process = subprocess.Popen(
        [*manage, "serve"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if "Ctrl-C" in line:
                break
        yield process
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE)


@contextmanager
def half_requests(port: int) -> Iterator[None]:
    """More than the console has threads, each of a request that does not go on."""
    with ExitStack() as open_:
        for begun in (
            b"GET / HTTP/1.1\r\n",
            b"POST /sign-in/ HTTP/1.1\r\nContent-Length: 9\r\n\r\n",
            b"",
        ):
            for _ in range(40):
                connection = socket.create_connection(("127.0.0.1", port), PATIENCE)
                open_.enter_context(connection).sendall(begun)
        yield


def refused(port: str, length: int) -> str:
    """How the API refuses a call whose request line is that long; empty when it never sees it."""
    asked = (
        f"http://127.0.0.1:{port}/?Action=QueryDevice&Format=JSON&AccessKeyId=x&X={'x' * length}"
    )
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(asked[:length], timeout=PATIENCE)  # noqa: S310 - it is http
    with raised.value as response:
        text = response.read().decode()
    code: str = json.loads(text)["Code"] if text.startswith("{") else ""
    return code


def test_all_answer_and_all_stop(
    running: subprocess.Popen[str], environment: dict[str, str], tmp_path: Path
) -> None:
    url = f"http://127.0.0.1:{environment['HTTP_PORT']}{reverse('operators:sign_in')}"
    with urllib.request.urlopen(url, timeout=PATIENCE) as page:
        assert page.status == 200
    assert refused(environment["HTTP_PORT"], 65_000) == "MissingVersion"
    assert refused(environment["HTTP_PORT"], 66_000) == ""
    with half_requests(int(environment["HTTP_PORT"])), urllib.request.urlopen(url) as page:
        assert page.status == 200
    trusting = ssl.create_default_context(cafile=tmp_path / "pki" / "ca.pem")
    for port in ("MQTTS_PORT", "HTTPS_PORT"):
        address = ("127.0.0.1", int(environment[port]))
        with (
            socket.create_connection(address, timeout=PATIENCE) as raw,
            trusting.wrap_socket(raw, server_hostname="127.0.0.1") as secured,
        ):
            assert secured.version() == "TLSv1.3"
    running.send_signal(signal.SIGINT)
    # Returns only when no process holds the pipe any more.
    output, _ = running.communicate(timeout=PATIENCE)
    assert output.endswith("Stopped.\n")
    assert running.returncode == 0
