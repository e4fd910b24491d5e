"""The system checks: silent on good settings, and on bad ones naming the setting."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.checks import CheckMessage, run_checks
from pytest_django import Settings

from iotconsole import checks

Check = Callable[..., list[CheckMessage]]
ALL: list[Check] = [
    checks.check_field_keys,
    checks.check_keys_differ,
    checks.check_data_dir,
    checks.check_sqlite_version,
    checks.check_ports_differ,
    checks.check_api_limits,
    checks.check_broker_secrets,
    checks.check_proxy_networks,
]
KEY = Fernet.generate_key().decode()


def only(check: Check) -> CheckMessage:
    (message,) = check(None)
    return message


@pytest.mark.parametrize("check", ALL)
def test_the_settings_of_the_tests_pass(check: Check) -> None:
    assert check(None) == []


def test_they_are_registered(settings: Settings) -> None:
    settings.FIELD_KEYS = []
    settings.SMS_BACKEND = "console"
    ids = {message.id for message in run_checks(include_deployment_checks=True)}
    assert {"iotconsole.E001", "iotconsole.W006"} <= ids


def test_at_least_one_field_key_is_needed(settings: Settings) -> None:
    settings.FIELD_KEYS = []
    assert "FIELD_KEYS holds no key" in only(checks.check_field_keys).msg


@pytest.mark.parametrize("bad", ["short", KEY[:-4], "é" * 44], ids=["short", "cut", "foreign"])
def test_a_bad_field_key_is_named_by_number_and_not_shown(settings: Settings, bad: str) -> None:
    settings.FIELD_KEYS = [KEY, bad]
    message = only(checks.check_field_keys)
    assert "Key 2 of FIELD_KEYS" in message.msg
    assert bad not in str(message)


@pytest.mark.parametrize(
    ("name", "value"), [("SECRET_KEY", "the same"), ("FIELD_KEYS", [KEY, "the same"])]
)
def test_the_code_digest_key_is_a_key_of_its_own(settings: Settings, name: str, value: Any) -> None:
    setattr(settings, name, value)
    settings.CODE_DIGEST_KEY = "the same"
    message = only(checks.check_keys_differ)
    assert "CODE_DIGEST_KEY equals" in message.msg
    assert "the same" not in str(message)


def test_a_data_dir_that_is_no_directory_is_an_error(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path / "missing"
    message = only(checks.check_data_dir)
    assert message.is_serious()
    assert f"DATA_DIR ({tmp_path}/missing)" in message.msg


def test_a_data_dir_that_cannot_be_written_is_an_error(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Asked of the kernel, which lets root write anywhere.
    monkeypatch.setattr("os.access", lambda path, mode: False)
    settings.DATA_DIR = tmp_path
    assert only(checks.check_data_dir).id == "iotconsole.E003"


@pytest.mark.parametrize("mode", [0o750, 0o701, 0o755])
def test_a_data_dir_open_to_others_is_a_warning(
    settings: Settings, tmp_path: Path, mode: int
) -> None:
    tmp_path.chmod(mode)
    settings.DATA_DIR = tmp_path
    assert "Other accounts" in only(checks.check_data_dir).msg


def test_an_old_sqlite_matters_only_when_it_is_used(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    monkeypatch.setattr(sqlite3, "sqlite_version", "3.34.1")
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    assert "has SQLite 3.34.1; 3.35.0 or newer" in only(checks.check_sqlite_version).msg
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.postgresql")
    assert checks.check_sqlite_version(None) == []


def test_two_services_cannot_have_one_port(settings: Settings) -> None:
    settings.HTTP_PORT = settings.MQTT_PORT = 8000
    assert "MQTT_PORT and HTTP_PORT are both 8000" in only(checks.check_ports_differ).msg


def test_ports_that_the_system_chooses_are_all_zero(settings: Settings) -> None:
    settings.MQTTS_PORT = settings.MQTT_PORT = settings.HTTPS_PORT = 0
    assert checks.check_ports_differ(None) == []


@pytest.mark.parametrize(("backend", "count"), [("twilio", 0), ("console", 1), ("memory", 1)])
def test_a_deployment_sends_real_messages(settings: Settings, backend: str, count: int) -> None:
    settings.SMS_BACKEND = backend
    assert len(checks.check_sms_backend(None)) == count


def test_every_action_may_have_a_limit(settings: Settings) -> None:
    settings.API_LIMITS = {"QueryDevice": 100, "*": 0}
    assert checks.check_api_limits(None) == []


def test_a_limit_of_an_action_that_does_not_exist_is_named(settings: Settings) -> None:
    settings.API_LIMITS = {"QueryDevices": 100, "QueryDevice": 100}
    message = only(checks.check_api_limits)
    assert message.is_serious()
    assert "'QueryDevices'" in message.msg


@pytest.mark.parametrize("secret", ["short", "with a space inside it", "slash/0123456789"])
def test_a_broker_secret_is_long_and_fit_for_a_url(settings: Settings, secret: str) -> None:
    settings.BROKER_WEBHOOK_SECRETS = {"emqx": ["a-good-one-0123456789", secret], "nanomq": []}
    message = only(checks.check_broker_secrets)
    assert message.is_serious()
    assert "EMQX_WEBHOOK_SECRET" in message.msg
    assert secret not in message.msg


def test_no_two_brokers_have_one_secret(settings: Settings) -> None:
    same = "a-good-one-0123456789"
    settings.BROKER_WEBHOOK_SECRETS = {"emqx": ["another-one-0123456789", same], "nanomq": [same]}
    messages = checks.check_broker_secrets(None)
    assert [message.is_serious() for message in messages] == [True, True]
    assert same not in "".join(message.msg for message in messages)
    settings.BROKER_WEBHOOK_SECRETS = {"emqx": ["another-one-0123456789", same], "nanomq": []}
    assert checks.check_broker_secrets(None) == []


def proxied(settings: Settings, host: str, networks: list[str]) -> list[CheckMessage]:
    settings.MQTT_PROXY_PROTOCOL = True
    settings.MQTT_HOST, settings.MQTT_PROXY_NETWORKS = host, networks
    return checks.check_proxy_networks(None)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "proxy.example"])
@pytest.mark.parametrize(
    ("networks", "problem"),
    [([], "is empty"), (["0.0.0.0/0"], "names everybody"), (["10.0.0.0/8", "::/0"], "everybody")],
)
def test_not_everybody_may_say_where_devices_come_from(
    settings: Settings, host: str, networks: list[str], problem: str
) -> None:
    (message,) = proxied(settings, host, networks)
    assert message.is_serious()
    assert "MQTT_PROXY_PROTOCOL" in message.msg
    assert "MQTT_PROXY_NETWORKS" in message.msg
    assert problem in message.msg


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_on_this_machine_alone_everybody_may(settings: Settings, host: str) -> None:
    assert proxied(settings, host, ["0.0.0.0/0"]) == []
    assert len(proxied(settings, host, [])) == 1


def test_networks_of_proxies_are_enough(settings: Settings) -> None:
    assert proxied(settings, "0.0.0.0", ["192.0.2.0/24", "2001:db8::/32"]) == []
