"""Counting refused attempts, so that guessing and floods end early and honest devices do not.

Only failures count: a factory behind one address may succeed hundreds of times a second. Over a
limit a credential that has just proven nothing is not looked at again, and what else fails is not
logged one by one; but a credential that has not failed is still checked, so nobody can lock out
those who share an address or a name with him. Counts live in this process's memory for one minute
from the first failure of a key.
"""

import ipaddress
import time
from dataclasses import dataclass

from django.conf import settings

from common.ops.throttle import MAX_KEYS, Clock, Throttle
from common.text.addresses import plain_address


@dataclass(frozen=True, slots=True)
class Excess:
    """An attempt beyond a limit. `report` is true for the first one of the window; `repeated`, when
    this very credential has failed in it and need not be looked at again."""

    report: bool
    repeated: bool


class FailureLimits:
    """The three limits of the settings: per address, per product, per device.

    The limits of a product and of a device concern only addresses that failed there themselves.
    """

    def __init__(
        self,
        per_address: int,
        per_product: int,
        per_device: int,
        *,
        max_keys: int = MAX_KEYS,
        clock: Clock = time.monotonic,
    ) -> None:
        def counter(limit: int) -> Throttle:
            return Throttle(limit, max_keys=max_keys, clock=clock)

        self._addresses = counter(per_address)
        self._products = counter(per_product)
        self._devices = counter(per_device)
        # Who contributed to a product's or device's count, and with what; no limits of their own.
        self._contributors = counter(1)
        self._credentials = counter(1)

    @property
    def held(self) -> int:
        """Keys of all kinds; never more than five times `max_keys`."""
        counters = (self._addresses, self._products, self._devices)
        return sum(map(len, (*counters, self._contributors, self._credentials)))

    @classmethod
    def from_settings(cls) -> "FailureLimits":
        return cls(
            settings.FAILURES_PER_ADDRESS,
            settings.FAILURES_PER_PRODUCT,
            settings.FAILURES_PER_DEVICE,
        )

    def failed(
        self,
        address: str | None,
        product_key: str = "",
        device_name: str = "",
        credential: str = "",
    ) -> None:
        """Count a refused attempt. Empty names are of no product or device; with an empty
        credential there is none to be turned away when it comes again."""
        origin = network_of(address)
        self._addresses.add(origin)
        for counter, key in self._named(product_key, device_name):
            counter.add(*key)
            self._contributors.add(origin, *key)
        if credential:
            self._credentials.add(origin, product_key, device_name, credential)

    def excess(
        self,
        address: str | None,
        product_key: str = "",
        device_name: str = "",
        credential: str = "",
    ) -> Excess | None:
        """None within the limits; it costs no more than a few look-ups."""
        origin = network_of(address)
        over = self._over(origin, product_key, device_name)
        if over is None:
            return None
        counter, key = over
        repeated = self._credentials.counted(origin, product_key, device_name, credential)
        return Excess(report=counter.tell(*key), repeated=repeated)

    def _over(
        self, origin: str, product_key: str, device_name: str
    ) -> tuple[Throttle, tuple[str, ...]] | None:
        if self._addresses.exceeded(origin):
            return self._addresses, (origin,)
        for counter, key in self._named(product_key, device_name):
            if counter.exceeded(*key) and self._contributors.counted(origin, *key):
                return counter, key
        return None

    def _named(self, product_key: str, device_name: str) -> list[tuple[Throttle, tuple[str, ...]]]:
        if not product_key:
            return []
        named: list[tuple[Throttle, tuple[str, ...]]] = [(self._products, (product_key,))]
        if device_name:
            named.append((self._devices, (product_key, device_name)))
        return named


def network_of(address: str | None) -> str:
    """Return a subscriber's network: an IPv4 address, or the /64 that an IPv6 host owns whole."""
    plain = plain_address(address) if address and ":" in address else address
    if not plain or ":" not in plain:
        return plain or ""
    parsed = ipaddress.ip_address(plain)
    return str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))
