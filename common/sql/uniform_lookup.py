"""Looking rows up so that the time it takes does not tell which of them exist.

A row that is there costs more than one that is not: it is read, brought over and made an object.
So the query yields another row for every name that does not exist, and whoever asked finds out by
comparing names.
"""

import itertools
import random
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Model

Row = tuple[Any, ...]
Names = Sequence[Sequence[str]]


# Rows that stand in. A single one would always be at hand in the processor's cache.
_MANY = 256
_chance = random.SystemRandom()


class Decoys:
    """Rows of `model`, from everywhere in its table. They are kept until one is missed."""

    def __init__(self, model: type[Model]) -> None:
        self._model = model
        self._keys = itertools.cycle([0])

    def rows(self, sql: str, names: Names) -> Sequence[Row]:
        """One for each name, also where it stands twice: else whoever asks would be answered sooner
        while others ask for the same. Of an empty table none, which tells nothing.

        In `sql`, {names} stands for the names as VALUES, and %s, once, for the decoy's key.
        """
        filled = sql.format(names=", ".join(f"({', '.join(['%s'] * len(n))})" for n in names))
        values = [value for name in names for value in name]
        rows = _rows(filled, [*values, next(self._keys)])
        if len(rows) < len(names):
            self._choose()
            rows = _rows(filled, [*values, next(self._keys)])
        return rows

    def _choose(self) -> None:
        keys = self._model._default_manager.order_by().values_list("pk", flat=True)
        newest = keys.order_by("-pk").first() or 0
        some = {_chance.randrange(newest + 1) for _ in range(_MANY)}
        chosen = list(keys.filter(pk__in=some)) or [newest]
        _chance.shuffle(chosen)
        self._keys = itertools.cycle(chosen)


def _rows(sql: str, values: Sequence[Any]) -> Sequence[Row]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: Sequence[Row] = cursor.fetchall()
        return rows
