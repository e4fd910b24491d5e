"""Settings from the environment: what is read, and the words for what cannot be."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from common.ops.env import CONNECT_SECONDS, SQLITE_OPTIONS, TCP_OPTIONS, EnvReader

SetEnv = Callable[[str], None]
env = EnvReader()


@pytest.fixture
def set_value(monkeypatch: pytest.MonkeyPatch) -> SetEnv:
    return lambda value: monkeypatch.setenv("THING", value)


def test_text_has_a_default_and_may_be_empty(set_value: SetEnv) -> None:
    assert env.text("THING", default="usual") == "usual"
    set_value("")
    assert env.text("THING", default="usual") == ""


def test_any_setting_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "thing").write_text("from the file\n")
    monkeypatch.setenv("THING_FILE", str(tmp_path / "thing"))
    monkeypatch.setenv("THING", "from the environment")
    assert env.secret("THING") == "from the file"


def test_secrets_are_the_one_that_is_used_and_those_before_it(set_value: SetEnv) -> None:
    assert env.secrets("THING", default="") == []
    set_value("new, old,")
    assert env.secrets("THING", default="") == ["new", "old"]


def test_a_setting_that_nobody_reads_any_more_stops_the_start(set_value: SetEnv) -> None:
    env.retired("THING", "Set THINGS.")
    set_value("")
    env.retired("THING", "Set THINGS.")
    set_value("a secret")
    with pytest.raises(
        ImproperlyConfigured, match=r"THING is no longer read\. Set THINGS\."
    ) as told:
        env.retired("THING", "Set THINGS.")
    assert "a secret" not in str(told.value)


def test_a_missing_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THING_FILE", "/nonexistent/thing")
    with pytest.raises(ImproperlyConfigured, match=r"THING_FILE cannot be read: .*/nonexistent"):
        env.text("THING", default="")


@pytest.mark.parametrize("value", [None, ""])
def test_a_secret_must_be_set_and_the_error_says_how(value: str | None, set_value: SetEnv) -> None:
    if value is not None:
        set_value(value)
    with pytest.raises(ImproperlyConfigured, match=r"THING is not set\. `make run` .* THING_FILE"):
        env.secret("THING")


def test_a_secret_with_a_default_may_be_absent() -> None:
    assert env.secret("THING", default="") == ""


def test_secrets_are_a_list_without_blanks(set_value: SetEnv) -> None:
    set_value("new, old,")
    assert env.secrets("THING") == ["new", "old"]


def test_words_are_trimmed(set_value: SetEnv) -> None:
    assert env.words("THING", default=("a", "b")) == ["a", "b"]
    set_value(" one ,two,, ")
    assert env.words("THING", default=()) == ["one", "two"]


def test_networks_are_written_in_their_usual_form(set_value: SetEnv) -> None:
    assert env.networks("THING", default=("192.0.2.0/24",)) == ["192.0.2.0/24"]
    set_value("192.0.2.7, 2001:DB8::/32")
    assert env.networks("THING", default=()) == ["192.0.2.7/32", "2001:db8::/32"]


@pytest.mark.parametrize("value", ["everywhere", "192.0.2.7/24", "0/0/0"])
def test_what_is_no_network_is_refused(value: str, set_value: SetEnv) -> None:
    set_value(value)
    with pytest.raises(ImproperlyConfigured, match="THING must be networks"):
        env.networks("THING", default=())


@pytest.mark.parametrize("value", ["http://broker:15672", "https://broker/emqx", ""])
def test_a_url_is_that_of_a_server(value: str, set_value: SetEnv) -> None:
    set_value(value)
    assert env.url("THING") == value


@pytest.mark.parametrize(
    "value", ["broker:15672", "ftp://broker", "http://", "http://me:hunter2@broker", "http://b:x"]
)
def test_a_url_holds_no_credential_and_the_error_does_not_show_it(
    value: str, set_value: SetEnv
) -> None:
    set_value(value)
    with pytest.raises(ImproperlyConfigured, match="THING must look like") as error:
        env.url("THING")
    assert "hunter2" not in str(error.value)


def test_a_path_is_absolute_and_blank_means_the_default(
    set_value: SetEnv, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    set_value("data")
    assert env.path("THING", default=Path("/other")) == tmp_path / "data"
    set_value("")
    assert env.path("THING", default=Path("/other")) == Path("/other")


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), ("Yes", True), ("on", True), ("0", False), ("FALSE", False)]
)
def test_a_boolean_may_be_written_in_several_ways(
    set_value: SetEnv, text: str, value: bool
) -> None:
    set_value(text)
    assert env.boolean("THING", default=not value) is value


def test_a_boolean_that_is_none_is_refused(set_value: SetEnv) -> None:
    set_value("perhaps")
    with pytest.raises(ImproperlyConfigured, match="THING must be true or false, not 'perhaps'"):
        env.boolean("THING", default=True)


@pytest.mark.parametrize(
    ("text", "high", "words"),
    [
        ("eight", 9, "THING must be a whole number, not 'eight'"),
        ("0", 9, "THING must be between 1 and 9, not 0"),
        ("10", 9, "THING must be between 1 and 9, not 10"),
        ("0", None, "THING must be at least 1, not 0"),
    ],
)
def test_a_number_out_of_place_is_refused_with_its_limits(
    set_value: SetEnv, text: str, high: int | None, words: str
) -> None:
    set_value(text)
    with pytest.raises(ImproperlyConfigured, match=words):
        env.integer("THING", default=5, low=1, high=high)


def test_a_number_at_its_limits_is_taken(set_value: SetEnv) -> None:
    assert env.integer("THING", default=5, low=1, high=9) == 5
    for limit in (1, 9):
        set_value(str(limit))
        assert env.integer("THING", default=5, low=1, high=9) == limit


def test_a_choice_is_one_of_those_named(set_value: SetEnv) -> None:
    assert env.choice("THING", ("red", "green"), default="red") == "red"
    set_value("blue")
    with pytest.raises(ImproperlyConfigured, match="THING must be one of red, green, not 'blue'"):
        env.choice("THING", ("red", "green"), default="red")


def database(monkeypatch: pytest.MonkeyPatch, url: str) -> dict[str, Any]:
    monkeypatch.setenv("DATABASE_URL", url)
    return env.database("sqlite:////default.sqlite3")


def test_sqlite_gets_its_server_options(monkeypatch: pytest.MonkeyPatch) -> None:
    for url, name in (("", "/default.sqlite3"), ("sqlite:////data/x.sqlite3", "/data/x.sqlite3")):
        config = database(monkeypatch, url)
        assert (config["NAME"], config["OPTIONS"]) == (name, SQLITE_OPTIONS)
        assert config["CONN_MAX_AGE"] == 60


def test_postgresql_keeps_its_connections_and_checks_them(monkeypatch: pytest.MonkeyPatch) -> None:
    config = database(monkeypatch, "postgres://user:p%40ss@db.example:6432/iot?sslmode=require")
    assert config["ENGINE"] == "django.db.backends.postgresql"
    assert (config["HOST"], config["PORT"], config["NAME"]) == ("db.example", 6432, "iot")
    options = {"sslmode": "require", "connect_timeout": CONNECT_SECONDS, **TCP_OPTIONS}
    assert (config["PASSWORD"], config["OPTIONS"]) == ("p@ss", options)
    assert (config["CONN_MAX_AGE"], config["CONN_HEALTH_CHECKS"]) == (None, True)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://user:s3cret@host/name", "must begin with sqlite:// or postgres://"),
        ("nonsense-s3cret", "must begin with sqlite:// or postgres://"),
        ("postgres://user:s3cret@host:port/name", "DATABASE_URL cannot be read"),
        ("sqlite://:memory:", "console and listener need a file"),
    ],
)
def test_a_wrong_database_is_refused_without_showing_the_password(
    monkeypatch: pytest.MonkeyPatch, url: str, words: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=words) as raised:
        database(monkeypatch, url)
    assert "s3cret" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_of_a_list_of_keys_the_first_is_used(set_value: SetEnv) -> None:
    set_value("new, old,older")
    assert env.key_and_older("THING") == ("new", ["old", "older"])
    set_value(" ,")
    with pytest.raises(ImproperlyConfigured, match="THING holds no key"):
        env.key_and_older("THING")
