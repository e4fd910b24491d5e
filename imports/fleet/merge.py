"""Putting rows together: products and devices, each from every row that tells of it.

A row of a table may tell of a product, a device and a ClientID at once; the cloud's answers tell
of them apart, some by IotId alone.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext as _

from common.errors import OperationError
from imports.batches.budget import Budget
from imports.batches.cells import Spoilt
from imports.fleet.columns import (
    CHINA_CREATE_TIME,
    CLIENT_ID,
    DEVICE_NAME,
    DEVICE_SECRET,
    DEVICE_TOKEN,
    IOT_ID,
    NICKNAME,
    OF_CLIENT_IDS,
    OF_DEVICES,
    OF_PRODUCTS,
    PRODUCT_KEY,
    PRODUCT_NAME,
    PRODUCT_SECRET,
)
from imports.fleet.records import PROBLEM_SIZE, IssuedClientId, Item, ItemKind, Record

# Rows of all files together.
MOST_ROWS = 250_000
# ClientIDs of one device that are kept, to tell of them; it may have five.
MOST_LISTED = 20
# Bytes of memory that a row takes without its texts: its place, its values, its entries in tables.
_RECORD_SIZE, _CELL_SIZE = 350, 40
# Different values of columns whose values are mostly the same.
_MOST_SHARED = 10_000

# Two rows that disagree on one of these are a mistake; of other columns the first value counts.
_EXACT = frozenset({PRODUCT_SECRET, DEVICE_SECRET, IOT_ID})
# What no two products or devices have in common.
_UNIQUE = (PRODUCT_NAME, IOT_ID)
# Of a connection with a DeviceToken; that with a DeviceSecret has a clientId of its own making.
_OF_A_TOKEN = re.compile(r"(^|,)\s*(authType=connwl|securemode=-2)\s*(,|\||$)")
# Of these every device has its own value; those of other columns stand in many rows.
_ITS_OWN = frozenset({DEVICE_NAME, DEVICE_SECRET, NICKNAME, IOT_ID, CLIENT_ID, DEVICE_TOKEN})
Name = tuple[str, str]
Place = tuple[int, int]


class Fleet:
    """`add` every record, then `items` once. Rows without ProductKey are of `product_key`.

    Raises OperationError when there are too many, or too much in them for `budget`.
    """

    def __init__(
        self, file_names: Sequence[str], product_key: str = "", budget: Budget | None = None
    ) -> None:
        self.budget = budget or Budget()
        self._file_names = file_names
        self._default = product_key
        self._products: dict[str, Item] = {}
        self._devices: defaultdict[str, dict[str, Item]] = defaultdict(dict)
        self._texts: dict[str, str] = {}
        self._rows: list[Item] = []
        self._waiting: list[Record] = []
        self._owners: dict[tuple[str, str], Item] = {}
        # Rows that were added; and those that tell of nothing as well.
        self.records = self._seen = 0

    def add(self, record: Record) -> None:
        self.records += 1
        record = self._counted(record)
        cells = record.cells
        product_key = cells.get(PRODUCT_KEY, self._default)
        if not product_key or (IOT_ID in cells and DEVICE_NAME not in cells):
            self._kept(record.cells)
            self._waiting.append(record)
        else:
            self._add(record, product_key, cells.get(DEVICE_NAME, ""))

    def refuse(self, record: Record, column: str, key: str, **facts: str) -> None:
        """A record that tells of nothing."""
        record = self._counted(record)
        self._refuse(record, column, key, **facts)

    def _counted(self, record: Record) -> Record:
        """The record, with values that were met before as one text."""
        self._seen += 1
        if self._seen > MOST_ROWS:
            raise _too_many()
        cells = {column: self._shared(column, text) for column, text in record.cells.items()}
        return Record(record.file, record.row, cells)

    def _shared(self, column: str, text: str) -> str:
        if column in _ITS_OWN or isinstance(text, Spoilt) or len(self._texts) == _MOST_SHARED:
            return text
        return self._texts.setdefault(text, text)

    def _kept(self, cells: Mapping[str, str]) -> None:
        """They are kept, as a row or in one."""
        sizes = (_size(column, text) for column, text in cells.items())
        self.budget.spend(_RECORD_SIZE + sum(sizes))

    def _refuse(self, record: Record, column: str, key: str, **facts: str) -> None:
        self._kept(record.cells)
        self.budget.spend(PROBLEM_SIZE)
        row = Item(ItemKind.ROW, record.file, record.row, dict(record.cells))
        row.complain(column, key, record, **facts)
        self._rows.append(row)

    def items(self) -> list[Item]:
        """Products first, because devices need them."""
        self._place_waiting()
        devices = [item for named in self._devices.values() for item in named.values()]
        for item in (*devices, *self._products.values()):
            self._claim(item)
        return [*self._products.values(), *devices, *self._rows]

    def _add(self, record: Record, product_key: str, device_name: str) -> None:
        cells = record.cells
        about_product = any(column in cells for column in OF_PRODUCTS)
        about_device = any(column in cells for column in (*OF_DEVICES, *OF_CLIENT_IDS))
        if about_product or not (device_name or about_device):
            self._merge(self._product(record, product_key), record, OF_PRODUCTS)
        if device_name:
            device = self._device(record, (product_key, device_name))
            self._merge(device, record, OF_DEVICES)
            self._issue(device, record)
        elif about_device and not about_product:
            self._refuse(record, DEVICE_NAME, "missing_device_name")

    def _product(self, record: Record, product_key: str) -> Item:
        item = self._products.get(product_key)
        if item is None:
            facts = {PRODUCT_KEY: product_key}
            item = Item(ItemKind.PRODUCT, record.file, record.row, facts)
            self._kept(facts)
            self._products[product_key] = item
        return item

    def _device(self, record: Record, name: Name) -> Item:
        product_key, device_name = name
        item = self._devices[product_key].get(device_name)
        if item is None:
            facts = {
                PRODUCT_KEY: record.cells.get(PRODUCT_KEY, product_key),
                DEVICE_NAME: record.cells.get(DEVICE_NAME, device_name),
            }
            item = Item(ItemKind.DEVICE, record.file, record.row, facts)
            self._kept(facts)
            self._devices[product_key][device_name] = item
        return item

    def _merge(self, item: Item, record: Record, columns: Iterable[str]) -> None:
        for column in columns:
            value = record.cells.get(column)
            if value is None:
                continue
            if column not in item.facts:
                self.budget.spend(_size(column, value))
                item.facts[column] = value
            elif item.facts[column] != value and column in _EXACT:
                item.complain(column, "differs", record, **self._named((item.file, item.row)))

    def _issue(self, device: Item, record: Record) -> None:
        cells = record.cells
        client_id, token = _issued(cells.get(CLIENT_ID, "")), cells.get(DEVICE_TOKEN, "")
        if not client_id:
            if token:
                device.complain(DEVICE_TOKEN, "token_alone", record)
            return
        known = next((one for one in device.client_ids if one.client_id == client_id), None)
        if known is None and len(device.client_ids) == MOST_LISTED:
            device.complain(CLIENT_ID, "too_many_client_ids", record)
        elif known is None:
            created = cells.get(CHINA_CREATE_TIME, "")
            self._kept({CLIENT_ID: client_id, DEVICE_TOKEN: token})
            issued = IssuedClientId(client_id, token, record.file, record.row, created)
            device.client_ids = (*device.client_ids, issued)
        elif token and known.token and token != known.token:
            place = self._named((known.file, known.row))
            device.complain(DEVICE_TOKEN, "differs", record, **place)
        else:
            known.token = known.token or token

    def _place_waiting(self) -> None:
        """Records without ProductKey: by their IotId, or to the only product there is."""
        by_iot_id = {
            item[IOT_ID]: (product_key, device_name)
            for product_key, named in (self._devices.items() if self._waiting else ())
            for device_name, item in named.items()
            if item[IOT_ID]
        }
        keys = self._products.keys() | self._devices.keys()
        only = keys.pop() if len(keys) == 1 else ""
        for record in self._waiting:
            product_key, device_name = by_iot_id.get(record.cells.get(IOT_ID, ""), ("", ""))
            product_key = record.cells.get(PRODUCT_KEY) or product_key or only
            device_name = record.cells.get(DEVICE_NAME) or device_name
            if not device_name and IOT_ID in record.cells:
                self._refuse(record, IOT_ID, "unknown_iot_id")
            elif not product_key:
                self._refuse(record, PRODUCT_KEY, "missing_product_key")
            else:
                self._add(record, product_key, device_name)

    def _claim(self, item: Item) -> None:
        """Find what two products or devices have in common and must not."""
        for column in _UNIQUE:
            self._claim_value(item, column, item[column], (item.file, item.row))
        for issued in item.client_ids:
            self._claim_value(item, CLIENT_ID, issued.client_id, (issued.file, issued.row))

    def _claim_value(self, item: Item, column: str, value: str, place: Place) -> None:
        owner = self._owners.setdefault((column, value), item) if value else item
        if owner is not item:
            record = Record(*place, {column: value})
            earlier = self._named((owner.file, owner.row))
            item.complain(column, "repeated_elsewhere", record, **earlier)

    def _named(self, place: Place) -> Mapping[str, str | int]:
        file, row = place
        return {"row": row, "file": self._file_names[file]}


def _issued(client_id: str) -> str:
    """The ClientID alone: firmware keeps it with what it sends behind it (protocol.md 2.2)."""
    issued, _, extension = client_id.partition("|")
    return issued if _OF_A_TOKEN.search(extension) else client_id


def _size(column: str, text: str) -> int:
    """Bytes of memory that a value takes; one that many rows have is kept once."""
    return _CELL_SIZE + (sys.getsizeof(text) if column in _ITS_OWN else 0)


def _too_many() -> OperationError:
    return OperationError(
        _("There are more than %(most)s rows. Split the import.") % {"most": f"{MOST_ROWS:,}"},
        field="file",
    )
