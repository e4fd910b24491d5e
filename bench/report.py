"""The sections, and how the figures of each become a table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Figure = Mapping[str, Any]

# A broker cluster goes with PostgreSQL.
NOT_ON_SQLITE = frozenset({"brokers"})


@dataclass(frozen=True, slots=True)
class Column:
    """`cell` is empty where a figure has none; a column that is empty throughout is left out."""

    title: str
    cell: Callable[[Figure], str]
    right: bool = True


def number(title: str, key: str, digits: int = 0) -> Column:
    return Column(title, lambda figure: f"{figure[key]:.{digits}f}" if key in figure else "")


def text(title: str, key: str) -> Column:
    return Column(title, lambda figure: str(figure.get(key, "")), right=False)


def _times_floor(figure: Figure) -> str:
    """Our server's time, with the proxy's, as a multiple of the bare accept's."""
    if "floor_server_us" not in figure:
        return ""
    ours = figure["server_us"] + figure.get("proxy_us", 0)
    return f"{ours / figure['floor_server_us']:.2f}"


def _scenario(figure: Figure) -> str:
    """Which, or why there are no figures."""
    return str(figure.get("missing") or f"{figure['kind']}, {figure['transport']}")


def _first(figure: Figure) -> str:
    """The broker's name, with the reason if there are no figures."""
    return f"{figure['broker']}: {figure['missing']}" if "missing" in figure else figure["broker"]


_RATES = (
    number("per second", "per_second"),
    number("p50 ms", "p50_ms", 1),
    number("p99 ms", "p99_ms", 1),
    number("server CPU µs", "server_us"),
)
_FLOOR = (
    number("floor CPU µs", "floor_server_us"),
    Column("x floor", _times_floor),
    number("floor per second", "floor_per_second"),
)
_OTHERS = (
    number("PostgreSQL CPU µs", "database_us"),
    number("load CPU µs", "load_us"),
)
_SPEED = (
    Column("scenario", _scenario, right=False),
    number("workers", "workers"),
    *_RATES,
    *_FLOOR,
    *_OTHERS,
)


@dataclass(frozen=True, slots=True)
class Topic:
    title: str
    columns: Sequence[Column]


TOPICS: Mapping[str, Topic] = {
    "speed": Topic("Activations and authenticated connects, 200 at once", _SPEED),
    "proxy": Topic(
        "The same over TLS that HAProxy ends",
        (*_SPEED[:2], *_RATES, number("HAProxy CPU µs", "proxy_us"), *_FLOOR, *_OTHERS),
    ),
    "alone": Topic("One device at a time", (_SPEED[0], *_SPEED[2:])),
    "storm": Topic(
        "A fleet that was lost at once comes back",
        (
            text("transport", "transport"),
            text("lost by", "how"),
            number("devices", "devices"),
            number("all online s", "all_seconds", 1),
            number("p50 s", "p50_seconds", 1),
            number("p99 s", "p99_seconds", 1),
            number("failed attempts", "failures"),
            number("server CPU µs", "server_us"),
            number("PostgreSQL CPU µs", "database_us"),
            number("MiB before", "resident_mib"),
            number("peak MiB", "peak_mib"),
        ),
    ),
    "idle": Topic(
        "Idle sessions",
        (
            text("transport", "transport"),
            number("sessions", "sessions"),
            number("KiB each", "kib", 1),
            number("floor KiB", "floor_kib", 1),
            number("CPU %", "cpu_percent", 2),
            number("floor CPU %", "floor_cpu_percent", 2),
            number("server MiB", "resident_mib"),
        ),
    ),
    "database": Topic(
        "The database's floor: one UPDATE and one INSERT each, by hand",
        (
            number("per transaction", "batch"),
            number("per second", "per_second"),
            number("client CPU µs", "client_us", 1),
            number("PostgreSQL CPU µs", "database_us", 1),
        ),
    ),
    "brokers": Topic(
        "Brokers that others use: connects",
        (
            Column("broker", _first, right=False),
            text("transport", "transport"),
            *_RATES,
            number("gunicorn CPU µs", "webhook_us"),
            *_OTHERS,
            number("KiB per idle session", "kib", 1),
        ),
    ),
}
SECTIONS = tuple(TOPICS)


def tables(figures: Mapping[str, Sequence[Figure]]) -> Iterator[str]:
    """Markdown, by topic; `figures` by database."""
    for topic, what in TOPICS.items():
        chosen = {
            database: [figure for figure in found if figure["topic"] == topic]
            for database, found in figures.items()
        }
        if any(chosen.values()):
            yield f"### {what.title}"
        for database, found in chosen.items():
            if found:
                yield f"{database}:\n\n{table(what.columns, found)}"


def table(columns: Sequence[Column], figures: Sequence[Figure]) -> str:
    wanted = [column for column in columns if any(map(column.cell, figures))]
    lines = [
        " | ".join(column.title for column in wanted),
        " | ".join("---:" if column.right else "---" for column in wanted),
        *(" | ".join(column.cell(figure) for column in wanted) for figure in figures),
    ]
    return "\n".join(f"| {line} |" for line in lines)
