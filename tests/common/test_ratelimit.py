"""Limits count failures, by address, product and device; they lock out nobody who did not fail."""

import tracemalloc

import pytest

from common.ops.ratelimit import Excess, FailureLimits, network_of


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_over_a_limit_a_repeated_credential_is_told_from_one_that_has_not_failed(
    clock: Clock,
) -> None:
    limits = FailureLimits(2, 100, 100, clock=clock)
    for _ in range(2):
        limits.failed("192.0.2.1", "pk", "lamp-0001", "wrong")
    again = limits.excess("192.0.2.1", "pk", "lamp-0001", "wrong")
    assert again == Excess(report=True, repeated=True)
    right = limits.excess("192.0.2.1", "pk", "lamp-0001", "right")
    assert right == Excess(report=False, repeated=False)
    sibling = limits.excess("192.0.2.1", "other", "device", "wrong")
    assert sibling == Excess(report=False, repeated=False)
    assert limits.excess("192.0.2.2", "pk", "lamp-0001", "wrong") is None


@pytest.mark.parametrize(("per_product", "per_device"), [(5, 100), (100, 5)])
def test_failing_in_a_devices_name_does_not_lock_the_device_out(
    clock: Clock, per_product: int, per_device: int
) -> None:
    limits = FailureLimits(100, per_product, per_device, clock=clock)
    for _ in range(10):
        limits.failed("203.0.113.9", "pk", "lamp-0001")
    assert limits.excess("203.0.113.9", "pk", "lamp-0001") is not None
    assert limits.excess("192.0.2.1", "pk", "lamp-0001") is None
    # From its own first failure on the device shares the limit.
    limits.failed("192.0.2.1", "pk", "lamp-0001")
    assert limits.excess("192.0.2.1", "pk", "lamp-0001") is not None


def test_a_devices_limit_leaves_its_siblings_alone(clock: Clock) -> None:
    limits = FailureLimits(100, 100, 3, clock=clock)
    for _ in range(5):
        limits.failed("192.0.2.1", "pk", "lamp-0001")
    assert limits.excess("192.0.2.1", "pk", "lamp-0001") is not None
    assert limits.excess("192.0.2.1", "pk", "lamp-0002") is None
    assert limits.excess("192.0.2.1", "other", "lamp-0001") is None


def test_without_failures_there_is_no_excess(clock: Clock) -> None:
    limits = FailureLimits(1, 1, 1, clock=clock)
    assert all(limits.excess("192.0.2.1", "pk", f"lamp-{n}") is None for n in range(5000))


def test_failures_without_a_name_count_for_the_address_alone(clock: Clock) -> None:
    limits = FailureLimits(3, 1, 1, clock=clock)
    for _ in range(2):
        limits.failed("192.0.2.1")
    assert limits.excess("192.0.2.1", "pk", "lamp-0001") is None
    limits.failed(None)
    assert limits.excess(None) is None


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        (None, ""),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::2", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        # An IPv4 host that came in over a socket for both.
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::zz", ""),
    ],
)
def test_an_ipv6_host_counts_as_its_network(address: str | None, network: str) -> None:
    assert network_of(address) == network


def test_however_many_names_and_addresses_fail_memory_stays_where_it_is(clock: Clock) -> None:
    limits = FailureLimits(5, 5, 5, max_keys=500, clock=clock)

    def fail(numbers: range) -> None:
        for n in numbers:
            address = f"2001:db8:{n >> 16:x}:{n & 0xFFFF:x}::1"
            limits.failed(address, f"product{n}", f"lamp-{n}", f"guess {n}" * 50)

    fail(range(1000))
    assert limits.held == 5 * 500
    tracemalloc.start()
    fail(range(1000, 2000))  # what is made when it is full, and kept
    before, _ = tracemalloc.get_traced_memory()
    fail(range(2000, 20_000))
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert limits.held == 5 * 500
    assert after - before < 50_000  # of 18,000 attackers, each with four keys of its own


def test_whoever_owns_a_network_of_ipv6_is_one_address(clock: Clock) -> None:
    limits = FailureLimits(10, 100, 100, clock=clock)
    for n in range(10):
        limits.failed(f"2001:db8::{n:x}:{n:x}")
    assert limits.excess("2001:db8::ffff") is not None
    assert limits.excess("2001:db8:0:1::1") is None
