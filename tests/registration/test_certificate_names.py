"""Names and addresses in a server certificate."""

import ipaddress
import socket

import pytest

from registration.certificate_names import certificate_names, host_addresses


def test_this_machine_and_the_public_name_are_always_there() -> None:
    names = certificate_names("mqtt.example", [])
    assert {"localhost", socket.gethostname().lower(), "mqtt.example"} <= names.dns
    assert {ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")} <= names.addresses
    assert set(host_addresses()) <= names.addresses
    assert names.primary == "mqtt.example"


def test_extra_entries_may_be_names_or_addresses() -> None:
    names = certificate_names("192.0.2.7", ["Factory.Example.", "*.lan", "2001:db8::1", "[::2]"])
    assert {"factory.example", "*.lan"} <= names.dns
    expected = {ipaddress.ip_address(text) for text in ("192.0.2.7", "2001:db8::1", "::2")}
    assert expected <= names.addresses


def test_a_name_beyond_ascii_is_written_as_resolvers_ask_for_it() -> None:
    assert "xn--mnchen-3ya.example" in certificate_names("münchen.example", []).dns


@pytest.mark.parametrize("bad", ["", "https://x", "host:8883", "two words", "a..b", "x" * 64])
def test_what_is_no_name_is_named_in_the_error(bad: str) -> None:
    with pytest.raises(ValueError, match="neither a host name nor an IP address") as raised:
        certificate_names("mqtt.example", [bad])
    assert repr(bad) in str(raised.value)


def test_own_addresses_are_ones_a_device_could_use() -> None:
    addresses = list(host_addresses())
    assert ipaddress.ip_address("127.0.0.1") in addresses
    assert not any(a.is_link_local or a.is_multicast or a.is_unspecified for a in addresses)
