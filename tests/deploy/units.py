"""The systemd units of deploy/ as this test starts them: their very commands, from elsewhere."""

import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from django.conf import settings

DEPLOY = settings.BASE_DIR / "deploy"
SYSTEMD = DEPLOY / "systemd"
DROP_IN = SYSTEMD / "iotconsole-.service.d" / "10-all.conf"
# Where an operator puts the program, and the Python there.
HOME, PYTHON = "/opt/iotconsole", "/opt/iotconsole/.venv/bin/python"


def lines_of(file: Path) -> Iterator[tuple[str, str]]:
    """Its `Name=value` lines."""
    for line in file.read_text().splitlines():
        name, separator, value = line.partition("=")
        if separator and not line.startswith(("#", ";")):
            yield name.strip(), value.strip()


def assignments(file: Path) -> dict[str, str]:
    """The assignments in a file of settings, as systemd's EnvironmentFile reads it."""
    return dict(lines_of(file))


def environment_of(unit: Path) -> dict[str, str]:
    """The environment that unit and drop-in set, before any file."""
    words = [
        word
        for file in (unit, DROP_IN)
        for name, value in lines_of(file)
        if name == "Environment"
        for word in shlex.split(value)
    ]
    return dict(word.split("=", 1) for word in words)


def command_of(unit: Path, environment: Mapping[str, str], name: str = "ExecStart") -> list[str]:
    """`environment` is the whole one of the process; its variables are put in as systemd does."""
    command = dict(lines_of(unit))[name]
    filled = [
        re.sub(r"\$\{(\w+)\}", lambda found: environment[found[1]], word)
        for word in shlex.split(command)
    ]
    return [sys.executable if word == PYTHON else word for word in filled]
