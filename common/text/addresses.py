"""Addresses as their columns take them."""

import ipaddress

from django.core.exceptions import ValidationError
from django.db.models import GenericIPAddressField

_COLUMN = GenericIPAddressField()


def known_address(address: str | None) -> str | None:
    """As the column gives it back. A proxy may say anything: what is no address is left out."""
    try:
        cleaned: str | None = _COLUMN.clean(address, None) if address else None
    except ValidationError:
        return None
    return cleaned


def plain_address(text: str | None) -> str | None:
    """Without zone, and an IPv4 address as such also where it came in over IPv6; None for what is
    no address."""
    try:
        parsed = ipaddress.ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens on `host`, a name or an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
