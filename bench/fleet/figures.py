"""The stages of moving a fleet in. Wants a migrated database.

The aims are 10 s for the dry run, 20 s for the import, and 300 MB, on SQLite.
"""

import secrets
from collections.abc import Iterator

from bench.batches.figures import Stage, timed
from imports.fleet.reading import GivenFile, read_fleet
from imports.models import FleetImport
from imports.operations.fleet_imports import apply_import, upload_import
from imports.operations.fleet_runner import work_off
from operators.actor import SHELL

COUNT = 100_000
_LARGEST = 40 << 20
_PRODUCTS = 10
_HEADER = (
    "ProductKey,ProductSecret,ProductName,DeviceName,DeviceSecret,Nickname,ClientID,DeviceToken"
)


def figures(count: int = COUNT) -> Iterator[Stage]:
    content = _csv(count)

    def dry_run() -> FleetImport:
        reading = read_fleet([GivenFile("fleet.csv", content)], _LARGEST)
        return work_off(upload_import(SHELL, reading).pk)

    checked, stage = timed(f"dry run of {count:,} rows, CSV", 10.0, dry_run)
    yield stage
    done, stage = timed(
        f"importing {count:,} devices",
        20.0,
        lambda: work_off(apply_import(SHELL, checked.pk).pk),
    )
    assert done.done["devices_new"] == count
    yield stage
    again, stage = timed("dry run of the same once more", 10.0, dry_run)
    assert again.found["devices_same"] == count
    yield stage


def _csv(count: int) -> bytes:
    """Every tenth device has a ClientID with its DeviceToken."""
    return "\n".join([_HEADER, *map(_line, range(count))]).encode()


def _line(number: int) -> str:
    product = number % _PRODUCTS
    issued = f"client{number:08},{secrets.token_hex(16)}" if number % 10 == 0 else ","
    return (
        f"a1FCrJmPpk{product},h1nQFYPZS0mWabc{product},Lamp_{product},lamp-{number:06},"
        f"{secrets.token_hex(16)},灯泡 {number},{issued}"
    )
