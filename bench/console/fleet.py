"""A fleet of the size the aim names: a million devices of twenty products, and what they did.

Shares: 60 % of the devices are of one product; 60 % are activated, 3 % online, 0.5 % disabled;
0.2 % have two live ClientIDs, 0.02 % one that Switch has kept.
"""

import time
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db import connection

from bench.console.rows import MODE, NAME, PRODUCT, SESSION, STATE, fill, lot, moment
from devices.models import ClientBinding, Device, Session
from logs.models import LogCursor, LogEntry, LogTally
from logs.operations.tally import READER
from operators.actor import SHELL
from operators.models import AuditEntry, Operator, Role
from products.models import Product
from products.operations.manage import create_product

# Of 100,000 devices how many are of each product.
SHARES = (
    *(60_000, 15_000, 8_000, 5_000, 3_000, 2_000, 1_500, 1_200, 1_000, 800),
    *(700, 500, 400, 300, 200, 150, 100, 100, 40, 10),
)
DAY = 86_400
LOG_DAYS = 30
REFUSED = (
    "bad_signature", "dynamic_registration_off", "already_activated", "device_not_found",
    "product_not_found", "client_id_limit", "bad_credential", "device_disabled",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Size:
    devices: int
    log_entries: int
    audit_entries: int

    @classmethod
    def scaled(cls, scale: float) -> "Size":
        return cls(int(1_000_000 * scale), int(5_000_000 * scale), int(100_000 * scale))


def build(size: Size) -> None:
    """Fill an empty, migrated database."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous=OFF")
            cursor.execute("PRAGMA cache_size=-1000000")
    now = int(time.time())
    Operator.objects.create(
        username="bench", role=Role.ADMIN, password=make_password(None), is_superuser=True
    )
    products = [create_product(SHELL, f"Product_{number:02}") for number in range(len(SHARES))]
    for product in products[:5]:
        Product.objects.filter(pk=product.pk).update(dynamic_registration=True)
    _devices(size, products, now)
    _sessions(size, products, now)
    _bindings(size, now)
    _log(size, products, now)
    _tallies(size, products, now)
    _audit(size, products, now)


def by_product(values: list[str], number: str) -> str:
    """SQL: which of `values` the product of the device `number` has."""
    share, cases = 0, []
    for value, more in zip(values, SHARES, strict=True):
        share += more
        cases.append(f"WHEN {lot(PRODUCT, number)} % 100000 < {share} THEN {value}")
    return f"CASE {' '.join(cases)} END"


def name_of(number: str) -> str:
    """SQL: serial numbers in the largest product and half of the others, else as if by lot."""
    serial = f"'lamp-' || (10000000 + {number})"
    return (
        f"CASE WHEN {lot(PRODUCT, number)} % 100000 < {SHARES[0]} THEN {serial} "
        f"WHEN {number} % 2 = 0 THEN 'SN' || (20000000 + {number}) "
        f"ELSE 'mac:' || {lot(NAME, number)} END"
    )


def _activated(number: str = "n") -> str:
    return f"{lot(STATE, number)} % 100 < 60"


def _online(number: str = "n") -> str:
    return f"({_activated(number)} AND {lot(SESSION, number)} % 20 = 0)"


def _devices(size: Size, products: list[Product], now: int) -> None:
    age = f"({now} - (({size.devices} - n) * {365 * DAY}) / {size.devices})"
    at = f"CASE WHEN {_activated()} THEN {moment(age)} END"
    columns = {
        "id": "n",
        "product": by_product([str(product.pk) for product in products], "n"),
        "device_name": name_of("n"),
        "nickname": f"CASE WHEN n % 10 = 0 THEN 'Hall ' || {lot(MODE)} ELSE '' END",
        "iot_id": f"'Q' || {lot(NAME)} || '000100'",
        "preregistered": f"{lot(MODE)} % 2 = 0",
        "enabled": f"{lot(SESSION)} % 200 <> 1",
        "created_at": moment(age),
        "registered_at": at,
        "activated_at": at,
        "claimed_at": at,
    }
    fill(Device, size.devices, columns)


def _sessions(size: Size, products: list[Product], now: int) -> None:
    age = f"({now} - {lot(SESSION)} % {30 * DAY})"
    columns = {
        "device": "n",
        "product": by_product([str(product.pk) for product in products], "n"),
        "client_id": f"CASE WHEN {lot(MODE)} % 2 = 0 THEN '' ELSE 'C' || n || '0' END",
        "trace_id": "'t' || n",
        "connected_at": moment(age),
        "ended_at": f"CASE WHEN {_online()} THEN NULL ELSE {moment(age)} END",
    }
    constants = {"listener": "0" * 31 + "1", "address": "192.0.2.7", "sdk": "sdk-c-4.2.0"}
    fill(Session, size.devices, columns, constants=constants, where=_activated())


def _bindings(size: Size, now: int) -> None:
    first = {
        "device": "n",
        "client_id": "'C' || n || '0'",
        "slot": "0",
        "issued_at": moment(f"({now} - {lot(SESSION)} % {90 * DAY})"),
    }
    constants = {"token_digest": "0" * 64}
    fill(
        ClientBinding,
        size.devices,
        first,
        constants=constants,
        where=f"({lot(MODE)} % 2 = 1 AND {_activated()} AND n % 5000 <> 1) OR n % 500 = 0",
    )
    second = {**first, "client_id": "'C' || n || '1'", "slot": "1"}
    fill(
        ClientBinding,
        size.devices,
        second,
        constants=constants,
        where="n % 500 = 0 OR n % 5000 = 1",
    )


def _log(size: Size, products: list[Product], now: int) -> None:
    kind = f"{lot(STATE)} % 10000"
    reasons = " ".join(
        f"WHEN {kind} >= {9900 + position * 5} THEN '{reason}'"
        for position, reason in reversed(list(enumerate(REFUSED)))
    )
    reason = (
        f"CASE {reasons} WHEN {kind} < 4500 THEN 'online' "
        f"WHEN {kind} < 9000 THEN 'device_disconnect' ELSE 'ok' END"
    )
    columns = {
        "at": moment(
            f"({now} - (({size.log_entries} - n) * {LOG_DAYS * DAY}) / {size.log_entries})"
        ),
        "trace_id": "'t' || (n / 2)",
        "product_key": by_product([f"'{product.product_key}'" for product in products], "d"),
        "device_name": name_of("d"),
        "client_id": f"CASE WHEN {lot(MODE, 'd')} % 2 = 0 THEN '' ELSE 'C' || d || '0' END",
        "service_type": f"CASE WHEN n % 50000 = 0 THEN 'management' WHEN {kind} < 9000 "
        "THEN 'device' ELSE 'registration' END",
        "operation": f"CASE WHEN {kind} < 4500 THEN 'online' WHEN {kind} < 9000 THEN 'offline' "
        "ELSE 'regnwl' END",
        "code": f"CASE WHEN {kind} >= 9900 THEN '6600' WHEN {kind} < 4500 OR {kind} >= 9000 "
        "THEN '200' ELSE '427' END",
        "reason": reason,
    }
    fill(
        LogEntry,
        size.log_entries,
        columns,
        constants={"address": "192.0.2.7", "detail": {"sdk": "sdk-c-4.2.0"}},
        also=f"1 + {lot(NAME)} % {size.devices} AS d",
    )


def _tallies(size: Size, products: list[Product], now: int) -> None:
    """As if a worker had counted the log: of each hour and product four kinds of entries."""
    hours, kinds = LOG_DAYS * 24, 4
    product = " ".join(f"WHEN {n} THEN '{each.product_key}'" for n, each in enumerate(products))
    columns = {
        "hour": moment(f"({now} / 3600 - (n - 1) / {len(products) * kinds}) * 3600"),
        "product_key": f"CASE (n - 1) % {len(products)} {product} END",
        "operation": f"CASE (n - 1) / {len(products)} % {kinds} WHEN 0 THEN 'online' ELSE 'regnwl' "
        "END",
        "reason": f"CASE (n - 1) / {len(products)} % {kinds} WHEN 0 THEN 'online' WHEN 1 THEN 'ok' "
        "WHEN 2 THEN 'bad_signature' ELSE 'already_activated' END",
        "count": "1 + n % 1000",
    }
    fill(LogTally, hours * kinds * len(products), columns)
    LogCursor.objects.create(name=READER, position=size.log_entries)


def _audit(size: Size, products: list[Product], now: int) -> None:
    columns = {
        "number": "1000 + n",
        "at": moment(f"({now} - ({size.audit_entries} - n))"),
        "target": "'device/' || "
        + by_product([f"'{product.product_key}'" for product in products], "n")
        + f" || '/' || {name_of('n')}",
    }
    constants = {
        "origin": "console",
        "act": "device.add",
        "summary": "Added device",
        "operator": None,
    }
    fill(AuditEntry, size.audit_entries, columns, constants=constants)
