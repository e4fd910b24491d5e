"""LOG_FORMAT=json: every line of every process is one object."""

import json
import logging
import os
import subprocess
import sys
from typing import Any

import pytest

from common.ops.logs import JsonLines

# As `serve` starts it, up to where the first line is written.
GUNICORN = """
from gunicorn.config import Config
from gunicorn.glogging import Logger
from iotconsole import gunicorn_config
config = Config()
for name, value in vars(gunicorn_config).items():
    if name in config.settings:
        config.set(name, value)
log = Logger(config)
log.info("not shown")
log.error("of gunicorn")
"""
DJANGO = "import django, logging; django.setup(); logging.getLogger('devices').warning('of ours')"


def line(message: str, *values: object, **more: Any) -> dict[str, Any]:
    record = logging.LogRecord("devices", logging.ERROR, "f", 1, message, values, **more)
    return parsed(record)


def parsed(record: logging.LogRecord) -> dict[str, Any]:
    text = JsonLines().format(record)
    assert "\n" not in text
    decoded: dict[str, Any] = json.loads(text)
    return decoded


def test_a_line_says_when_what_and_who() -> None:
    said = line("%d of\n%s", 3, "温度", exc_info=None)
    assert (said["message"], said["level"], said["logger"]) == ("3 of\n温度", "ERROR", "devices")
    assert said["at"].endswith("+00:00")
    assert said["process"] == os.getpid()
    assert "exception" not in said


def test_a_trace_id_is_a_field_and_nothing_else_of_the_record_is() -> None:
    record = logging.LogRecord("devices", logging.INFO, "f", 1, "m", None, None)
    record.trace_id, record.request = "7f", "password of sesame"
    said = parsed(record)
    assert said["trace_id"] == "7f"
    assert "sesame" not in str(said)


def test_a_traceback_stays_on_the_line() -> None:
    try:
        raise ValueError("why")
    except ValueError:
        assert "ValueError: why" in line("m", exc_info=sys.exc_info())["exception"]


@pytest.mark.parametrize(("script", "message"), [(GUNICORN, "of gunicorn"), (DJANGO, "of ours")])
def test_every_program_writes_it(script: str, message: str) -> None:
    written = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "LOG_FORMAT": "json"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert written.stdout == ""
    assert [json.loads(text)["message"] for text in written.stderr.splitlines()] == [message]
