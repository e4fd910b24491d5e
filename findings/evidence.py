"""Evidence for a finding: the parties seen under one name, side by side."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from logs.models import LogEntry
from logs.reasons import Reason

# The log entries of one object that are looked at, and the parties shown.
MOST_ENTRIES = 1000
MOST_PARTIES = 8


@dataclass(slots=True)
class Party:
    """One physical device, as far as the log can tell them apart: by ClientID or by address.

    `name` is that ClientID or address; `kicks` counts how often another connection took over.
    """

    name: str
    first: datetime
    last: datetime
    client_ids: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    sdks: list[str] = field(default_factory=list)
    registrations: int = 0
    connections: int = 0
    kicks: int = 0

    def add(self, entry: LogEntry) -> None:
        self.first, self.last = min(self.first, entry.at), max(self.last, entry.at)
        seen = (
            (self.client_ids, entry.client_id),
            (self.addresses, entry.address),
            (self.sdks, entry.detail.get("sdk")),
        )
        for known, value in seen:
            if value and value not in known:
                known.append(value)
        self.registrations += entry.operation in REGISTRATIONS
        self.connections += entry.operation == "online"
        self.kicks += entry.reason == Reason.TAKEOVER

    def as_data(self) -> dict[str, Any]:
        """Plain values for JSON; times in ISO 8601."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return values | {"first": self.first.isoformat(), "last": self.last.isoformat()}


REGISTRATIONS = ("register", "regnwl")


@dataclass(frozen=True, slots=True)
class Evidence:
    """`marks` name what was seen, so that something new can be told from more of the same."""

    parties: tuple[Party, ...] = ()
    facts: Mapping[str, int | str] = field(default_factory=dict)
    marks: tuple[str, ...] = ()

    def as_data(self) -> dict[str, Any]:
        return {
            "parties": [party.as_data() for party in self.parties],
            "facts": dict(self.facts),
            "marks": list(self.marks),
        }


def stored_parties(evidence: dict[str, Any]) -> list[Party]:
    """Restore what `as_data` made."""
    return [
        Party(
            **values
            | {
                "first": datetime.fromisoformat(values["first"]),
                "last": datetime.fromisoformat(values["last"]),
            }
        )
        for values in evidence.get("parties", [])
    ]


def parties_of(
    entries: Iterable[LogEntry], name_of: Callable[[LogEntry], str]
) -> tuple[Party, ...]:
    """Everybody in `entries`, in the order they first came; the busiest ones if they are many."""
    parties: dict[str, Party] = {}
    for entry in entries:
        name = name_of(entry)
        if name not in parties:
            parties[name] = Party(name, entry.at, entry.at)
        parties[name].add(entry)
    busiest = sorted(parties.values(), key=lambda p: -(p.registrations + p.connections))
    return tuple(sorted(busiest[:MOST_PARTIES], key=lambda party: party.first))


def by_address(entry: LogEntry) -> str:
    return entry.address or "?"


def by_client_id(entry: LogEntry) -> str:
    return entry.client_id or "DeviceSecret"
