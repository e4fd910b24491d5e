"""The files of deploy/, as far as they can be judged without a site."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

from protocol.client_id import parse_client_id
from protocol.validators import RegistrationMode
from registration.certificate_names import certificate_names
from registration.pki import COMPAT_CIPHERS, SERVER_ECDSA, SERVER_RSA, ensure_certificates
from tests.deploy.programs import HAPROXY, SYSTEMD_ANALYZE, program
from tests.deploy.units import DEPLOY, DROP_IN, PYTHON, SYSTEMD, assignments, lines_of

_VECTORS = settings.BASE_DIR / "tests" / "protocol" / "vectors.json"
CLIENT_IDS = sorted(
    {
        *re.findall(r'"client_?[iI]d": "([^"]+)"', _VECTORS.read_text()),
        "lamp.pk|authType=register|",
        "lamp.pk|authType=register",
        "lamp.pk|random=1,\n  authType=regnwl ,\nsecuremode=2|",
        "lamp.pk|x=a|b,authType=register|",
        "lamp.pk|authType=register|x|",
        "lamp.pk|authType=register2,random=1|",
        "lamp.pk|xauthType=register|",
        "lamp.pk|authType=connwl,x=authType=register|",
        "a,authType=register,b|random=1|",
        "authType=register",
        "lamp.pk|authType=register|\n",
        "lamp.pk",
    }
)
UNITS = sorted(SYSTEMD.glob("*.service"))
TIMERS = sorted(SYSTEMD.glob("*.timer"))
EXPOSURE = 3.0
_LEVEL = re.compile(r"Overall exposure level for (\S+): ([\d.]+)")

PROXY = DEPLOY / "haproxy"
_DOCUMENT = (settings.BASE_DIR / "docs" / "settings.md").read_text()
_NAMES = "".join(line.split("|")[1] for line in _DOCUMENT.splitlines() if line.startswith("| `"))
SETTINGS = set(re.findall(r"`([A-Z_]+)`", _NAMES))


def make_certificates(directory: Path) -> None:
    ensure_certificates(directory, certificate_names("localhost", ()))


def by_name(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("unit", UNITS, ids=by_name)
def test_a_unit_may_do_little(unit: Path) -> None:
    command = [str(program(SYSTEMD_ANALYZE)), "security", "--offline=yes", "--no-pager", str(unit)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    level = _LEVEL.search(told.stdout)
    assert level, told.stderr
    assert level[1] == unit.name
    assert float(level[2]) <= EXPOSURE


def test_systemd_understands_every_line(tmp_path: Path) -> None:
    """Verify copies of the units that name an existing Python."""
    shutil.copytree(SYSTEMD, tmp_path, dirs_exist_ok=True)
    for unit in tmp_path.glob("*.service"):
        unit.write_text(unit.read_text().replace(PYTHON, sys.executable))
    units = [str(tmp_path / unit.name) for unit in [*UNITS, *TIMERS]]
    command = [str(program(SYSTEMD_ANALYZE)), "verify", "--man=no", *units]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    complaints = [line for line in told.stderr.splitlines() if "iotconsole" in line]
    assert complaints == []


@pytest.mark.parametrize("unit", UNITS, ids=by_name)
def test_a_unit_runs_a_command_that_exists(unit: Path) -> None:
    commands = [value for name, value in lines_of(unit) if name.startswith("ExecStart")]
    assert commands
    for command in commands:
        first, *arguments = command.split()
        assert first == PYTHON
        if arguments[0] == "manage.py":
            assert arguments[1] in get_commands()
        else:
            assert arguments[:2] in (["-m", "gunicorn"], ["-m", "iotconsole.bootstrap_secrets"])


@pytest.mark.parametrize(
    "file",
    [SYSTEMD / "iotconsole-prepare.service", DEPLOY / "compose" / "compose.yaml"],
    ids=by_name,
)
def test_no_password_is_printed_where_output_is_kept(file: Path) -> None:
    prepared = re.findall(r"manage\.py (prepare.*)", file.read_text())
    assert prepared == ["prepare --no-operator"]


@pytest.mark.parametrize("timer", TIMERS, ids=by_name)
def test_a_timer_has_its_service(timer: Path) -> None:
    assert timer.with_suffix(".service") in UNITS


def test_what_all_units_share_is_found_by_systemd() -> None:
    """In the directory that belongs to every name with this beginning."""
    assert DROP_IN.parent.name == "iotconsole-.service.d"
    assert all(unit.name.startswith("iotconsole-") for unit in UNITS)


def test_the_file_of_settings_has_settings_only() -> None:
    assert assignments(SYSTEMD / "iotconsole.env").keys() <= SETTINGS


@pytest.mark.parametrize("brokers", [True, False])
def test_the_proxy_accepts_its_files(tmp_path: Path, brokers: bool) -> None:
    """Together, as on Debian, with certificates as `manage.py certificates` writes them."""
    make_certificates(tmp_path)
    rsa, ecdsa = str(tmp_path / SERVER_RSA), str(tmp_path / SERVER_ECDSA)
    environment = {
        "PATH": os.environ["PATH"],
        **{f"{whose}_RSA": rsa for whose in ("DEVICES", "CONSOLE")},
        **{f"{whose}_ECDSA": ecdsa for whose in ("DEVICES", "CONSOLE")},
        "AT_LISTENERS": str(PROXY / "products-at-listeners.lst"),
        **{n: v.strip('"') for n, v in assignments(PROXY / "haproxy.default").items()},
    }
    if not brokers:
        environment = {n: v for n, v in environment.items() if not n.startswith("RABBITMQ")}
    command = [str(program(HAPROXY)), "-c", "-f", str(PROXY)]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    # A machine without a network may have no name server.
    warnings = [line for line in told.stderr.splitlines() if "[WARNING]" in line]
    assert [line for line in warnings if "no nameservers" not in line] == []


def test_the_proxy_speaks_to_the_same_firmware_as_the_listener() -> None:
    text = (PROXY / "20-iotconsole.cfg").read_text()
    assert f"ssl-default-bind-ciphers {COMPAT_CIPHERS}\n" in text


def test_what_a_site_sets_is_what_the_proxy_reads() -> None:
    text = (PROXY / "20-iotconsole.cfg").read_text()
    preset = set(re.findall(r"^    presetenv (\w+)", text, re.MULTILINE))
    optional = set(re.findall(r"^\.if defined\((\w+)\)", text, re.MULTILINE))
    assert "RABBITMQ_1" in optional
    read = set(re.findall(r"\$\{(\w+)", text))
    assert preset | optional == read
    given = assignments(PROXY / "haproxy.default").keys()
    # Debian's unit reads that one.
    assert given - read == {"CONFIG"}


@pytest.mark.parametrize("client_id", CLIENT_IDS)
def test_the_proxy_takes_for_a_registration_what_the_listener_does(client_id: str) -> None:
    """The proxy and the listener recognise the same registrations, but for a repeated authType.

    The listener uses the first authType, and the proxy any. Either way, a listener can answer.
    """
    text = (PROXY / "20-iotconsole.cfg").read_text()
    pattern = re.search(r"acl registers .* -m reg '(.*)'", text)
    assert pattern
    # PCRE's \z is \Z in Python.
    found = re.search(pattern[1].replace(r"\z", r"\Z"), client_id)
    asked = parse_client_id(client_id).params.get("authType")
    assert bool(found) == (asked in {mode.value for mode in RegistrationMode})
