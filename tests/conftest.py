"""Fixtures shared by all tests: the database of this run, and what counts as a skip."""

import os
from collections.abc import Generator, Iterator
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection, connections
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests.postgres import PostgresServer

# A machine that does other things too may be slow at any moment, which fails no test here.
hypothesis_settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("untimed")

DATABASE_FIXTURES = {"db", "transactional_db", "live_server", "process_environment"}


def uses_database(item: pytest.Item) -> bool:
    return item.get_closest_marker("django_db") is not None or not DATABASE_FIXTURES.isdisjoint(
        getattr(item, "fixturenames", ())
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With a database server, only what the database can change: the rest runs with SQLite."""
    # After pytest-randomly's shuffling. Otherwise the other workers could be done a minute before.
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
    if settings.TEST_DATABASE == "sqlite":
        return
    wanted: list[pytest.Item] = []
    others: list[pytest.Item] = []
    for item in items:
        once = not uses_database(item) or any(map(item.get_closest_marker, ("browser", "sqlite")))
        (others if once else wanted).append(item)
    items[:] = wanted
    config.hook.pytest_deselected(items=others)


@pytest.fixture(autouse=True)
def back_to_english() -> Iterator[None]:
    """A request leaves its language behind in the thread, which here goes on to the next test."""
    yield
    translation.deactivate()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """Start PostgreSQL for the first test that needs it, and tell Django where it listens."""
    if settings.TEST_DATABASE == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        connections["default"].settings_dict["HOST"] = str(server.directory)


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """The database goes with its directory, whoever still holds a connection."""
    return settings.TEST_DATABASE in {"sqlite", "postgres"}


@pytest.fixture
def process_environment(request: pytest.FixtureRequest, transactional_db: None) -> dict[str, str]:
    """Environment for a child process that shall see what the test commits, and the reverse."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        url = f"sqlite:///{name}"
    elif settings.TEST_DATABASE == "postgres":
        url = request.getfixturevalue("postgres_server").url(name)
    else:
        url = urlsplit(settings.TEST_DATABASE)._replace(path=f"/{name}").geturl()
    return {**os.environ, "DATABASE_URL": url, "TEST_DATABASE": url}


def _forbid_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """With FORBID_SKIPS a skipped test or file is a failure; an expected failure is neither."""
    if os.environ.get("FORBID_SKIPS") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where FORBID_SKIPS is set: {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _forbid_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _forbid_skip(report)
    return report
