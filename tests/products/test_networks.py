"""Networks from which devices may register."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from common.errors import OperationError
from products.networks import check_networks, in_networks

Address = IPv4Address | IPv6Address


def test_networks_are_read_from_any_list_and_kept_once() -> None:
    written = ["192.0.2.0/24, 2001:DB8::/32", "192.0.2.0/24\n198.51.100.7"]
    assert check_networks(written) == ("192.0.2.0/24", "2001:db8::/32", "198.51.100.7/32")


@pytest.mark.parametrize("word", ["192.0.2", "10.0.0.0/33", "home", "::1::", "/8"])
def test_what_is_no_network_is_refused_by_name(word: str) -> None:
    with pytest.raises(OperationError, match=word) as refused:
        check_networks([word])
    assert refused.value.field == "networks"


def test_an_address_inside_a_network_is_asked_about() -> None:
    with pytest.raises(OperationError, match=r"Did you mean 192\.0\.2\.0/24"):
        check_networks(["192.0.2.9/24"])


def test_nine_networks_are_too_many() -> None:
    with pytest.raises(OperationError, match="At most 8"):
        check_networks([f"10.{n}.0.0/16" for n in range(9)])


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("192.0.2.7", True),
        ("192.0.3.7", False),
        ("::ffff:192.0.2.7", True),
        ("2001:db8::7", True),
        ("2001:db9::7", False),
        ("::ffff:192.0.3.7", False),
        (None, False),
        ("", False),
        ("nonsense", False),
    ],
)
def test_where_an_address_belongs(address: str | None, inside: bool) -> None:
    assert in_networks("192.0.2.0/24 2001:db8::/32", address) is inside


@given(st.ip_addresses(), st.integers(0, 128))
def test_an_address_is_in_every_network_written_around_it(address: Address, bits: int) -> None:
    # What a socket shows that way is an IPv4 address, and in no network of IPv6.
    assume(getattr(address, "ipv4_mapped", None) is None)
    text = str(address)
    bits = min(bits, address.max_prefixlen)
    try:
        networks = check_networks([f"{text}/{bits}"])
    except OperationError as asked:
        networks = check_networks([asked.text.rpartition(" ")[2].rstrip("?")])
    assert in_networks(" ".join(networks), text)
