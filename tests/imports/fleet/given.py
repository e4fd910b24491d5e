"""Fleets in small, as files and as finished imports."""

from typing import Any

from imports.fleet.reading import GivenFile, Reading, read_fleet
from imports.fleet.records import Item
from imports.fleet.report import findings
from imports.models import FleetImport
from imports.operations.fleet_imports import apply_import, upload_import
from operators.actor import SHELL

MEGABYTE = 1 << 20
KEY, PRODUCT_SECRET = "a1FCrJmPpk1", "h1nQFYPZS0mWqzXY"
HEADER = (
    "ProductKey,ProductSecret,ProductName,DeviceName,DeviceSecret,Nickname,ClientID,DeviceToken"
)


def secret_of(number: int) -> str:
    return f"{number:032x}"


def token_of(number: int) -> str:
    return f"token{number:027}"


def line(number: int, *, product: str = KEY, client_id: str = "", token: str = "") -> str:
    """A row of one device, with its product, as an owner's list has them."""
    name = f"lamp-{number:04}"
    return f"{product},{PRODUCT_SECRET},,{name},{secret_of(number)},,{client_id},{token}"


def read(*files: str | bytes, product_key: str = "") -> Reading:
    """Files are called 1.csv, 2.csv…; a table without header line has HEADER."""
    given = []
    for number, file in enumerate(files, 1):
        content = file if isinstance(file, bytes) else file.encode()
        given.append(GivenFile(f"{number}.csv", content))
    return read_fleet(given, 20 * MEGABYTE, product_key)


def table(*lines: str, header: str = HEADER) -> str:
    return "\n".join([header, *lines]) + "\n"


def checked(*files: str | bytes, **options: Any) -> FleetImport:
    product_key = options.pop("product_key", "")
    return upload_import(SHELL, read(*files, product_key=product_key), **options)


def imported(*files: str | bytes, **options: Any) -> FleetImport:
    return apply_import(SHELL, checked(*files, **options).pk)


def keys_of(fleet: FleetImport) -> list[tuple[int, str, str]]:
    """Row, column and key of every problem."""
    found = [each.problem for each in findings(fleet)]
    return [(problem.row, problem.column, problem.key) for problem in found]


def wrong(reading: Reading) -> list[tuple[int, str, str]]:
    """The same of what was only read."""
    return [
        (problem.row, problem.column, problem.key)
        for item in reading.items
        for problem in item.problems
    ]


def devices(reading: Reading) -> list[Item]:
    return [item for item in reading.items if item.kind == "d"]


def products(reading: Reading) -> list[Item]:
    return [item for item in reading.items if item.kind == "p"]
