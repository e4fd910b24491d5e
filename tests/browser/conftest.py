"""A console and a listener started as `make run` starts them, and a real Chromium."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.console.browser import browser
from tests.ports import free_port
from tests.processes import (
    Listener,
    ServerProcess,
    run_command,
    wait_for_port,
)
from tests.sdk.conftest import new_device

__all__ = ["browser", "new_device"]  # fixtures of others that the story uses

LOCALES = {"en": "en-GB", "zh-hans": "zh-CN"}
PASSWORD = re.compile(r"sign in as admin with the password (\S+)")


@dataclass(frozen=True)
class Installation:
    """A running console and listener with data of their own, as after a first `make run`."""

    url: str
    password: str
    listener: Listener


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    http_port, mqtts_port, mqtt_port = free_port(), free_port(), free_port()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "iotconsole.settings",
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/iotconsole.sqlite3",
        "SMS_BACKEND": "console",
        "HTTP_PORT": str(http_port),
        "MQTTS_PORT": str(mqtts_port),
        "MQTTS_HOST": "127.0.0.1",
        "MQTT_PORT": str(mqtt_port),
        "HTTPS_PORT": "0",
        "PUBLIC_HOST": "localhost",
    }
    prepared = run_command("prepare", environment=environment)
    assert prepared.returncode == 0, prepared.stderr
    password = PASSWORD.search(prepared.stdout)
    assert password, prepared.stdout
    process = ServerProcess("serve", environment=environment, log=tmp_path / "serve.log")
    try:
        for port in (http_port, mqtts_port):
            wait_for_port(port, process)
        ca = tmp_path / "pki" / "ca.pem"
        listener = Listener(process, environment, mqtts_port, mqtt_port, ca)
        yield Installation(f"http://localhost:{http_port}", password[1], listener)
        assert "Traceback" not in process.output
    finally:
        process.stop()
        process.close()


@pytest.fixture
def speaking(browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Makes a page of a browser that prefers a language. Scripts and requests must succeed."""
    complaints: list[str] = []

    def make(language: str) -> Page:
        page = browser.new_context(locale=LOCALES[language]).new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
        return page

    yield make
    # Chromium reports every answer of 400 and above; 422 is how a form says what is wrong with it.
    assert [c for c in complaints if c.startswith("error") and "status of 422" not in c] == []
