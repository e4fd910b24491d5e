"""Typed readers of settings. Each says which setting is wrong and why, and start-up stops there."""

import os
from collections.abc import Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

# SQLite as an embedded server database: readers do not block the writer, a commit survives a power
# cut, and a transaction takes the write lock when it begins so that it never fails half way. Pages
# that every batch writes are kept at hand (8 MB) and copied back only after 16 MB of log: with
# 60,000 devices that is a sixth of what a batch costs.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 30,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
    "PRAGMA cache_size=-8000; PRAGMA wal_autocheckpoint=4000;",
}
# How long a thread of the servers keeps its connection. To open one costs more than most requests
# do with it, and when the last is closed the whole write-ahead log is copied back; but what the
# planner knows of the tables, it only learns when it opens one.
SQLITE_SECONDS = 60
# Seconds to reach PostgreSQL; `?connect_timeout=` in the address says otherwise.
CONNECT_SECONDS = 5
# Nor does it answer what was sent before: a connection over TCP that nobody acknowledges for ten
# seconds is given up, and so is an idle one in twenty.
TCP_OPTIONS = {
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
}


class EnvReader:
    """Reads one setting per call from the process environment.

    `NAME_FILE` may name a file that holds the value of `NAME`, as container secrets do.
    """

    def _raw(self, name: str) -> str | None:
        file_name = os.environ.get(f"{name}_FILE")
        if file_name:
            try:
                return Path(file_name).read_text().strip()
            except OSError as error:
                raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error}") from error
        return os.environ.get(name)

    def text(self, name: str, *, default: str) -> str:
        value = self._raw(name)
        return default if value is None else value

    def secret(self, name: str, *, default: str | None = None) -> str:
        value = self._raw(name) or default
        if value is None:
            raise ImproperlyConfigured(
                f"{name} is not set. `make run` writes it to DATA_DIR/secrets.env at first run; "
                f"elsewhere set {name} or {name}_FILE."
            )
        return value

    def secrets(self, name: str, *, default: str | None = None) -> list[str]:
        """The secret that is used, and behind it, with commas, those that are still accepted."""
        given = self.secret(name, default=default)
        return [part.strip() for part in given.split(",") if part.strip()]

    def retired(self, name: str, instead: str) -> None:
        """Stop where a setting is set that nobody reads any more; `instead` says what to do."""
        if self._raw(name):
            raise ImproperlyConfigured(f"{name} is no longer read. {instead}")

    def key_and_older(self, name: str) -> tuple[str, list[str]]:
        """The key that is used, and those that are still accepted: `NAME=new,old`."""
        keys = self.secrets(name)
        if not keys:
            raise ImproperlyConfigured(f"{name} holds no key.")
        return keys[0], keys[1:]

    def words(self, name: str, *, default: Sequence[str]) -> list[str]:
        value = self._raw(name)
        return (
            list(default) if value is None else [w.strip() for w in value.split(",") if w.strip()]
        )

    def url(self, name: str) -> str:
        """Read the URL of an HTTP server, without a credential in it; empty when not set."""
        value = self._raw(name) or ""
        try:
            parts = urlsplit(value)
            wrong = parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0
        except ValueError:
            parts, wrong = urlsplit(""), True
        if value and (wrong or parts.username is not None or parts.query or parts.fragment):
            raise ImproperlyConfigured(
                f"{name} must look like http://host:port; user and password have settings of "
                "their own."
            )
        return value

    def networks(self, name: str, *, default: Sequence[str]) -> list[str]:
        """Networks in CIDR notation; an address is a network of one."""
        try:
            return [str(ip_network(word)) for word in self.words(name, default=default)]
        except ValueError as error:
            raise ImproperlyConfigured(
                f"{name} must be networks like 192.0.2.0/24 with commas between: {error}."
            ) from error

    def numbers(self, name: str) -> dict[str, int]:
        """`Name=number` pairs with commas between, no number below 0."""
        numbers: dict[str, int] = {}
        for word in self.words(name, default=()):
            key, separator, number = (part.strip() for part in word.partition("="))
            if not (separator and key and number.isascii() and number.isdigit()):
                raise ImproperlyConfigured(
                    f"{name} must be pairs like QueryDevice=100 with commas between, not {word!r}."
                )
            numbers[key] = int(number)
        return numbers

    def path(self, name: str, *, default: Path) -> Path:
        return Path(self._raw(name) or default).resolve()

    def boolean(self, name: str, *, default: bool) -> bool:
        value = (self._raw(name) or str(default)).lower()
        if value in {"1", "true", "yes", "on"}:
            return True
        if value in {"0", "false", "no", "off"}:
            return False
        raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")

    def integer(self, name: str, *, default: int, low: int, high: int | None = None) -> int:
        value = self._raw(name) or str(default)
        try:
            number = int(value)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from error
        if number < low or (high is not None and number > high):
            limits = f"at least {low}" if high is None else f"between {low} and {high}"
            raise ImproperlyConfigured(f"{name} must be {limits}, not {number}.")
        return number

    def choice(self, name: str, choices: Sequence[str], *, default: str) -> str:
        value = self._raw(name) or default
        if value not in choices:
            raise ImproperlyConfigured(
                f"{name} must be one of {', '.join(choices)}, not {value!r}."
            )
        return value

    def database(self, default: str) -> dict[str, Any]:
        """Django's settings for `DATABASE_URL`."""
        return database_settings(self._raw("DATABASE_URL") or default, "DATABASE_URL")


def database_settings(url: str, name: str) -> dict[str, Any]:
    """Django's settings for an address (sqlite:///… or postgres://…) that `name` was set to.

    Errors leave the address out: it may hold a password.
    """
    if not url.startswith(("sqlite:", "postgres:", "postgresql:")):
        raise ImproperlyConfigured(f"{name} must begin with sqlite:// or postgres://.")
    try:
        config: dict[str, Any] = environ.Env.db_url_config(url)
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} cannot be read. It looks like postgres://user:password@host:5432/name"
            ", with special characters of the password percent-encoded."
        ) from None
    if config["NAME"] == ":memory:":
        raise ImproperlyConfigured(
            f"{name} names a database in memory; console and listener need a file."
        )
    if config["ENGINE"].endswith("sqlite3"):
        config["OPTIONS"] = SQLITE_OPTIONS
        config["CONN_MAX_AGE"] = SQLITE_SECONDS
    else:
        config["CONN_MAX_AGE"] = None
        config["CONN_HEALTH_CHECKS"] = True
        # A host that is gone does not refuse: without a limit it is waited for for minutes.
        options = config.setdefault("OPTIONS", {})
        config["OPTIONS"] = {"connect_timeout": CONNECT_SECONDS, **TCP_OPTIONS, **options}
    return config
