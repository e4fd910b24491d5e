"""Detect alternation: two addresses under one credential, takeovers in a row. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network


def network_of(address: str) -> str:
    """Return what counts as one place. Public addresses of a network change hands (mobile carriers,
    home lines that dial in again); private ones are told apart one by one."""
    parsed = ip_address(address)
    if parsed.is_private:
        return address
    return str(ip_network(f"{address}/{24 if parsed.version == 4 else 64}", strict=False))


def taking_turns(seen: Iterable[tuple[datetime, str]], within: timedelta) -> set[str]:
    """Addresses of connections that went A → B → A, the second A at most `within` after the first.

    `seen` is in the order of time. One change of address is none: devices move. IPv4 and IPv6 are
    not compared: a device may have both.
    """
    found: set[str] = set()
    visits: dict[bool, list[_Visit]] = {}
    for at, address in seen:
        visits.setdefault(":" in address, []).append(_Visit(at, address))
    for family in visits.values():
        found |= _returns(family, within)
    return found


def most_within(moments: Sequence[datetime], within: timedelta) -> int:
    """The largest number of `moments`, which are in order, in any stretch of that length."""
    most = start = 0
    for end, moment in enumerate(moments):
        while moment - moments[start] > within:
            start += 1
        most = max(most, end - start + 1)
    return most


class _Visit:
    def __init__(self, at: datetime, address: str) -> None:
        self.at, self.address, self.place = at, address, network_of(address)


def _returns(visits: Sequence[_Visit], within: timedelta) -> set[str]:
    found: set[str] = set()
    for before, between, after in zip(visits, visits[1:], visits[2:], strict=False):
        returned = before.place == after.place != between.place
        if returned and after.at - before.at <= within:
            found |= {before.address, between.address, after.address}
    return found
