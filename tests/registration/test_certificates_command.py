"""manage.py certificates."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

Certificates = Callable[..., str]


@pytest.fixture
def certificates(settings: Settings, tmp_path: Path) -> Certificates:
    settings.DATA_DIR = tmp_path
    settings.PUBLIC_HOST = "mqtt.example"
    settings.CERTIFICATE_NAMES = ["192.0.2.9"]

    def run(**options: bool) -> str:
        output = StringIO()
        call_command("certificates", stdout=output, **options)
        return output.getvalue()

    return run


def test_it_tells_names_and_ca_once_and_is_silent_afterwards(
    certificates: Certificates, tmp_path: Path
) -> None:
    first = certificates()
    assert "mqtt.example" in first
    assert "192.0.2.9" in first
    assert str(tmp_path / "pki" / "ca.pem") in first
    assert certificates() == ""


def test_json(certificates: Certificates, tmp_path: Path) -> None:
    report = json.loads(certificates(json=True))
    assert report["ca"] == str(tmp_path / "pki" / "ca.pem")
    assert {"mqtt.example", "192.0.2.9"} <= set(report["names"])
    assert report["renewed"] == ["server-ecdsa.pem", "server-rsa.pem"]
    assert json.loads(certificates(json=True))["renewed"] == []


def test_force_renews(certificates: Certificates) -> None:
    certificates()
    assert json.loads(certificates(json=True, force=True))["renewed"]


def test_a_wrong_name_names_the_setting(certificates: Certificates, settings: Settings) -> None:
    settings.CERTIFICATE_NAMES = ["mqtt.example:8883"]
    with pytest.raises(CommandError, match=r"CERTIFICATE_NAMES: 'mqtt\.example:8883' is neither"):
        certificates()


def test_a_damaged_ca_is_told_in_words(certificates: Certificates, tmp_path: Path) -> None:
    certificates()
    (tmp_path / "pki" / "ca.pem").write_text("damaged")
    with pytest.raises(CommandError, match=r"ca\.pem holds no readable certificate"):
        certificates()
