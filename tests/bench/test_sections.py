"""Every section of the bench runs, in small; with PostgreSQL those that tell of it too."""

from collections.abc import Sequence

import pytest

from bench import idle, proxy, speed
from bench.environment import Figure, Ground
from bench.report import SECTIONS, tables
from bench.sections import FIGURES


def figures(ground: Ground, section: str) -> Sequence[Figure]:
    """All of them, and they make a table."""
    found = list(FIGURES[section](ground))
    assert found
    title, table = tables({"database": found})
    assert title.startswith("###")
    assert table.count("\n") == 3 + len(found)
    return found


def positive(figure: Figure, *names: str) -> bool:
    return all(float(str(figure[name])) > 0 for name in names)


def test_every_section_has_figures_and_a_table() -> None:
    assert set(FIGURES) == set(SECTIONS)


def test_each_way_to_ask_is_measured_beside_the_floor(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speed, "WORKERS", (2,))
    monkeypatch.setattr(speed, "TRANSPORTS", ("TLS",))
    found = figures(ground, "speed")
    assert len(found) == 4
    names = ("per_second", "p99_ms", "server_us", "floor_server_us", "load_us")
    assert all(positive(figure, *names) for figure in found)
    assert all(("database_us" in figure) == (ground.database is not None) for figure in found)


@pytest.mark.sqlite
def test_one_device_at_a_time_is_measured(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "TRANSPORTS", ("plain",))
    assert len(figures(ground, "alone")) == 4


def test_devices_that_a_killed_listener_lost_come_back(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idle, "TRANSPORTS", ("TLS",))
    monkeypatch.setattr(idle, "WAYS", ("kill -9",))
    (figure,) = figures(ground, "storm")
    assert figure["devices"] == int(idle.RETURNING * ground.scale)
    assert positive(figure, "all_seconds", "server_us", "peak_mib")


@pytest.mark.sqlite
def test_idle_sessions_are_weighed(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle, "TRANSPORTS", ("plain",))
    (figure,) = figures(ground, "idle")
    assert positive(figure, "sessions", "resident_mib", "floor_resident_mib")


def test_the_databases_floor_is_measured(ground: Ground) -> None:
    assert [figure["batch"] for figure in figures(ground, "database")] == [1, 100, 200]


@pytest.mark.sqlite
def test_the_proxy_is_measured_or_said_to_be_missing(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy, "WORKERS", (1,))
    found = figures(ground, "proxy")
    missing = [figure for figure in found if "missing" in figure]
    assert missing or all(positive(figure, "proxy_us", "server_us") for figure in found)
