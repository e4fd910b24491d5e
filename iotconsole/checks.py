"""System checks of the settings. Each names the setting and why it cannot stay as it is."""

import os
import re
import sqlite3
import stat
from collections.abc import Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register

from common.text.addresses import is_loopback
from iotconsole.rpc_api import ACTIONS

PORTS = (
    *("HTTP_PORT", "MQTTS_PORT", "MQTT_PORT", "HTTPS_PORT"),
    *("METRICS_PORT", "HTTP_METRICS_PORT", "HTTPS_METRICS_PORT", "WORKER_METRICS_PORT"),
)
# UPDATE … RETURNING, which the activation path uses, came with this version.
SQLITE_NEEDED = (3, 35, 0)

Apps = Sequence[AppConfig] | None
_MAKE_ONE = "python -c 'import secrets; print(secrets.token_urlsafe(32))' makes one."


@register(Tags.security)
def check_field_keys(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    if not settings.FIELD_KEYS:
        return [Error("FIELD_KEYS holds no key, so no secret can be stored.", id="iotconsole.E001")]
    return [
        Error(
            f"Key {number} of FIELD_KEYS is not a Fernet key (32 bytes in URL-safe base64).",
            hint="Without the right key, secrets stored earlier cannot be read.",
            id="iotconsole.E001",
        )
        for number, key in enumerate(settings.FIELD_KEYS, start=1)
        if not _is_fernet_key(key)
    ]


def _is_fernet_key(key: str) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True


@register(Tags.security)
def check_keys_differ(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    digest_keys = {settings.CODE_DIGEST_KEY, *settings.CODE_DIGEST_KEY_FALLBACKS}
    others = {settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS, *settings.FIELD_KEYS}
    if not digest_keys & others:
        return []
    return [
        Error(
            "CODE_DIGEST_KEY equals SECRET_KEY or one of FIELD_KEYS.",
            hint="Whoever learns one key would have the other; give each a value of its own.",
            id="iotconsole.E002",
        )
    ]


@register(Tags.files)
def check_data_dir(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    directory: Path = settings.DATA_DIR
    if not directory.is_dir() or not os.access(directory, os.W_OK | os.X_OK):
        return [
            Error(
                f"DATA_DIR ({directory}) is not a directory that this account may write to.",
                hint="`python -m iotconsole.bootstrap_secrets` makes it.",
                id="iotconsole.E003",
            )
        ]
    if stat.S_IMODE(directory.stat().st_mode) & 0o077:
        return [
            checks.Warning(
                f"Other accounts of this machine may look into DATA_DIR ({directory}).",
                hint=f"It holds the database and the keys: chmod 700 {directory}",
                id="iotconsole.W003",
            )
        ]
    return []


@register(Tags.database)
def check_sqlite_version(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    engine = settings.DATABASES["default"]["ENGINE"]
    if not engine.endswith("sqlite3") or sqlite3.sqlite_version_info >= SQLITE_NEEDED:
        return []
    return [
        Error(
            f"DATABASE_URL names SQLite, and Python here has SQLite {sqlite3.sqlite_version}; "
            f"{'.'.join(map(str, SQLITE_NEEDED))} or newer is needed.",
            hint="Use a newer Python, or PostgreSQL.",
            id="iotconsole.E004",
        )
    ]


@register()
def check_ports_differ(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    taken: dict[int, str] = {}
    messages: list[CheckMessage] = []
    for name in PORTS:
        port = getattr(settings, name)
        # For 0 the system chooses a free one.
        if port and port in taken:
            text = f"{name} and {taken[port]} are both {port}; only one of them can have it."
            messages.append(Error(text, id="iotconsole.E005"))
        taken.setdefault(port, name)
    return messages


@register()
def check_api_limits(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """A word that names no action would be a limit that nobody keeps."""
    unknown = sorted(settings.API_LIMITS.keys() - ACTIONS.keys() - {"*"})
    return [
        Error(
            f"API_LIMITS names {name!r}, which is no action of the API.",
            hint="docs/api.md lists them; * is every action without a limit of its own.",
            id="iotconsole.E007",
        )
        for name in unknown
    ]


@register(Tags.security)
def check_broker_secrets(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Each may stand in a URL, and opens the question whether a credential is right."""
    by_broker: dict[str, list[str]] = settings.BROKER_WEBHOOK_SECRETS
    every = [secret for secrets in by_broker.values() for secret in secrets]
    messages: list[CheckMessage] = []
    for broker, secrets in by_broker.items():
        name = f"{broker.upper()}_WEBHOOK_SECRET"
        if not all(re.fullmatch(r"[A-Za-z0-9_\-]{16,}", secret) for secret in secrets):
            text = f"{name} is not at least 16 letters, digits, - and _."
            messages.append(Error(text, hint=_MAKE_ONE, id="iotconsole.E008"))
        if any(every.count(secret) > 1 for secret in secrets):
            text = f"{name} has a secret that stands twice in the settings of brokers."
            hint = f"One broker could ask in another's name: give each its own. {_MAKE_ONE}"
            messages.append(Error(text, hint=hint, id="iotconsole.E010"))
    return messages


@register(Tags.security)
def check_proxy_networks(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Check the networks that may speak the PROXY protocol: limits count by what they say."""
    if not settings.MQTT_PROXY_PROTOCOL:
        return []
    networks = settings.MQTT_PROXY_NETWORKS
    everybody = any(ip_network(network).prefixlen == 0 for network in networks)
    if networks and (not everybody or is_loopback(settings.MQTT_HOST)):
        return []
    problem = "names everybody" if everybody else "is empty"
    return [
        Error(
            f"MQTT_PROXY_PROTOCOL is on, MQTT_HOST is {settings.MQTT_HOST}, and "
            f"MQTT_PROXY_NETWORKS {problem}.",
            hint="Name the networks your proxies connect from, like 192.0.2.10 or 10.1.0.0/24.",
            id="iotconsole.E009",
        )
    ]


@register(Tags.security, deploy=True)
def check_sms_backend(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    if settings.SMS_BACKEND == "twilio":
        return []
    return [
        checks.Warning(
            f"SMS_BACKEND is {settings.SMS_BACKEND!r}: codes are shown here and reach no phone, so "
            "they confirm nobody's identity.",
            hint="Set SMS_BACKEND=twilio and the TWILIO_… settings.",
            id="iotconsole.W006",
        )
    ]
