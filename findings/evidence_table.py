"""The evidence of a finding side by side: a column for each party, a row for each thing known."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.http import urlencode
from django.utils.translation import gettext as _

from devices.models import ClientBinding
from findings.evidence import Party, stored_parties
from findings.models import Finding

Value = str | int | datetime


@dataclass(frozen=True, slots=True)
class Row:
    """`kind` is text, code, moment or number; `differs` marks what tells the parties apart."""

    title: str
    kind: str
    values: list[list[Value]]
    differs: bool


@dataclass(frozen=True, slots=True)
class Sides:
    """`heads` are the parties: their name, whether it still opens anything, and their log."""

    heads: list["Head"]
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Head:
    name: str
    void: bool
    log: str


def sides_of(finding: Finding) -> Sides:
    """One query, for the ClientIDs that are void by now."""
    parties = stored_parties(finding.evidence)
    void = _void_among({client_id for party in parties for client_id in party.client_ids})
    heads = [Head(party.name, party.name in void, _log_query(finding, party)) for party in parties]
    return Sides(heads, _rows(parties))


def _void_among(client_ids: set[str]) -> set[str]:
    if not client_ids:
        return set()
    live = ClientBinding.objects.filter(client_id__in=client_ids, voided_at__isnull=True)
    return client_ids - set(live.values_list("client_id", flat=True))


def _rows(parties: list[Party]) -> list[Row]:
    def row(title: str, kind: str, read: Callable[[Party], list[Value]]) -> Row:
        values = [read(party) for party in parties]
        # Times and counts always differ; what they tell is how much.
        differs = kind in {"code", "text"} and any(value != values[0] for value in values)
        return Row(title, kind, values, differs)

    return [
        row(_("Address"), "code", lambda party: [*party.addresses]),
        row("ClientID", "code", lambda party: [*party.client_ids]),
        row("SDK", "code", lambda party: [*party.sdks]),
        row(_("First seen"), "moment", lambda party: [party.first]),
        row(_("Last seen"), "moment", lambda party: [party.last]),
        row(_("Registrations"), "number", lambda party: [party.registrations]),
        row(_("Connections"), "number", lambda party: [party.connections]),
        row(_("Taken over"), "number", lambda party: [party.kicks]),
    ]


def _log_query(finding: Finding, party: Party) -> str:
    query = {"product": finding.product.product_key}
    if finding.device_name:
        query["device"] = finding.device_name
    if party.name in party.client_ids:
        query["client"] = party.name
    return urlencode(query)
