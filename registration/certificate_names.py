"""The names and addresses a server certificate is made out to."""

import contextlib
import fcntl
import ipaddress
import socket
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

SIOCGIFADDR = 0x8915  # linux/sockios.h
IPV6_INTERFACES = Path("/proc/net/if_inet6")


@dataclass(frozen=True)
class CertificateNames:
    """`primary` becomes the common name; it is among `dns` or, as text, among `addresses`."""

    primary: str
    dns: frozenset[str]
    addresses: frozenset[IPv4Address | IPv6Address]


def certificate_names(public_host: str, extra: Iterable[str]) -> CertificateNames:
    """Names of this machine, `public_host` and `extra` (DNS names or IP addresses).

    Raises ValueError, naming the entry, for what is neither.
    """
    dns: set[str] = set()
    addresses = {ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1"), *host_addresses()}
    for name in ("localhost", socket.gethostname(), public_host, *extra):
        try:
            addresses.add(ipaddress.ip_address(name.strip("[]")))
        except ValueError:
            dns.add(_dns_name(name))
    return CertificateNames(public_host.strip("[]"), frozenset(dns), frozenset(addresses))


def _dns_name(name: str) -> str:
    """Lower case and ASCII. Raises ValueError for what no resolver would look up."""
    try:
        text = name.rstrip(".").encode("idna").decode().lower()
    except UnicodeError:
        text = ""
    labels = text.removeprefix("*.").split(".")
    # An underscore is no host name, but machines on company networks are called so.
    if all(label and label.replace("-", "").replace("_", "").isalnum() for label in labels):
        return text
    raise ValueError(f"{name!r} is neither a host name nor an IP address")


def host_addresses() -> Iterator[IPv4Address | IPv6Address]:
    """This machine's own addresses, on every interface, without link-local and multicast ones."""
    with contextlib.suppress(OSError):
        found = socket.getaddrinfo(socket.gethostname(), None)
        yield from _usable(str(info[4][0]) for info in found)
    yield from _usable(_ipv4_of_interfaces())
    yield from _usable(_ipv6_of_interfaces())


def _usable(texts: Iterable[str]) -> Iterator[IPv4Address | IPv6Address]:
    for text in texts:
        address = ipaddress.ip_address(text)
        if not (address.is_link_local or address.is_multicast or address.is_unspecified):
            yield address


def _ipv4_of_interfaces() -> Iterator[str]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            # struct ifreq: the name, then a sockaddr_in whose address stands at byte 20. An
            # interface without an address, and a system that is not Linux, raise.
            with contextlib.suppress(OSError):
                answer = fcntl.ioctl(probe, SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
                yield socket.inet_ntoa(answer[20:24])


def _ipv6_of_interfaces() -> Iterator[str]:
    """From Linux's table: 32 hex digits, then interface, prefix length, scope and flags."""
    if IPV6_INTERFACES.exists():
        for line in IPV6_INTERFACES.read_text().splitlines():
            yield str(IPv6Address(bytes.fromhex(line.split()[0])))
