"""Every column that FIELD_KEYS seal, and what stands in it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.models import ExpressionWrapper, F

from common.crypto.encrypted_fields import (
    EncryptedTextField,
    decrypt,
    decrypt_bytes,
    encrypt,
    encrypt_bytes,
)
from imports.batches.rows import is_sealed
from imports.models import BatchPart, FleetPart
from products.models import Product

# As stored: text of `encrypt`, or bytes of `encrypt_bytes`.
Sealed = str | bytes

# As many rows at once, by what one of them measures.
_SHORT, _LONG = 500, 4


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """`seals` tells a value that is encrypted from one that is not."""

    model: type[models.Model]
    name: str
    seals: Callable[[Any], bool] = bool

    def __str__(self) -> str:
        return f"{self.model._meta.db_table}.{self.name}"

    @property
    def binary(self) -> bool:
        return isinstance(self.model._meta.get_field(self.name), models.BinaryField)

    def after(self, last: int) -> list[tuple[int, Sealed]]:
        """The next rows by primary key: those that hold something sealed, as it is stored.

        May be empty only when there are no more rows.
        """
        limit = _LONG if self.binary else _SHORT
        while rows := list(self.stored(self.model._base_manager.filter(pk__gt=last))[:limit]):
            if sealed := [(pk, value) for pk, value in map(_read, rows) if self.seals(value)]:
                return sealed
            last = rows[-1][0]
        return []

    def newest(self) -> Sealed | None:
        """Return the newest row's sealed value; None without a row or a value."""
        rows = self.stored(self.model._base_manager.all()).order_by("-pk")[:1]
        return next((value for _, value in map(_read, rows) if self.seals(value)), None)

    def stored(self, rows: "models.QuerySet[Any]") -> "models.QuerySet[Any, Any]":
        """Primary key and stored value, in order; Django's field would decrypt it."""
        kind = models.BinaryField() if self.binary else models.TextField()
        value = ExpressionWrapper(F(self.name), output_field=kind)
        return rows.order_by("pk").values_list("pk", value)

    def replace(self, changes: Sequence[tuple[int, Sealed, Sealed]]) -> int:
        """(key, stored until now, stored from now on); returns how many still were as they were.

        Call it in a transaction.
        """
        quoted = connection.ops.quote_name
        table, pk = self.model._meta.db_table, self.model._meta.pk
        column = quoted(self.name)
        statement = (
            f"UPDATE {quoted(table)} SET {column} = %s "  # noqa: S608 - our own names
            f"WHERE {quoted(str(pk and pk.column))} = %s AND {column} = %s"
        )
        with connection.cursor() as cursor:
            cursor.executemany(statement, [(new, key, old) for key, old, new in changes])
            return int(cursor.rowcount)

    def anew(self, stored: Sealed) -> Sealed:
        """The same secret under the first of FIELD_KEYS. Raises DecryptionError."""
        if isinstance(stored, str):
            return encrypt(decrypt(stored))
        return encrypt_bytes(decrypt_bytes(stored))


def _read(row: tuple[int, Any]) -> tuple[int, Sealed]:
    key, value = row
    return key, value or "" if isinstance(value, str | None) else bytes(value)


def sealed_columns() -> Iterator[SealedColumn]:
    """Those of encrypted fields, and three that encrypt what they hold by themselves."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, EncryptedTextField):
                yield SealedColumn(model, field.attname)
    yield SealedColumn(Product, "previous_secret_sealed")
    yield SealedColumn(FleetPart, "payload")
    yield SealedColumn(BatchPart, "payload", _sealed_rows)


def _sealed_rows(payload: bytes) -> bool:
    """Only lists that bring DeviceSecrets along are encrypted."""
    return bool(payload) and is_sealed(payload)
