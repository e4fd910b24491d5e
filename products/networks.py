"""Lists of networks from which devices may register."""

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.utils.translation import gettext as _

from common.errors import OperationError

MAX_NETWORKS = 8

Network = IPv4Network | IPv6Network


def check_networks(written: Iterable[str]) -> tuple[str, ...]:
    """Networks in their usual form, each once; raises OperationError on the field `networks`.

    A single address is a network of one. Each element may hold several, with spaces or commas.
    """
    words = [word for text in written for word in re.split(r"[\s,;]+", text) if word]
    networks = tuple(dict.fromkeys(_check(word) for word in words))
    if len(networks) > MAX_NETWORKS:
        raise OperationError(
            _("At most %(most)d networks can be named.") % {"most": MAX_NETWORKS}, field="networks"
        )
    return networks


def _check(word: str) -> str:
    try:
        return str(ip_network(word))
    except ValueError as error:
        raise OperationError(_problem(word), field="networks") from error


def _problem(word: str) -> str:
    try:
        network = ip_network(word, strict=False)
    except ValueError:
        return _("%(word)s is not a network: enter 192.0.2.0/24, 2001:db8::/32 or one address.") % {
            "word": word[:50]
        }
    return _("%(word)s is an address inside a network. Did you mean %(network)s?") % {
        "word": word[:50],
        "network": network,
    }


def in_networks(networks: str, address: str | None) -> bool:
    """Whether `address` is in one of `networks`, checked and with spaces between.

    An IPv4 address that a socket for both families shows as ::ffff:192.0.2.7 is taken for what it
    is. An unknown address is in no network.
    """
    try:
        here = ip_address(address or "")
    except ValueError:
        return False
    here = getattr(here, "ipv4_mapped", None) or here
    return any(here in network for network in _parsed(networks))


@lru_cache(maxsize=1024)
def _parsed(networks: str) -> tuple[Network, ...]:
    return tuple(ip_network(network) for network in networks.split())
