"""Encrypting every stored secret anew, so that an old key can be taken out of FIELD_KEYS."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from devices.operations.sealed import Sealed, SealedColumn, sealed_columns
from iotconsole.kit.fields import DecryptionError, fits, is_latest, key_name

# Between two looks at rows that somebody else is changing.
_PAUSE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """How many secrets were encrypted anew, of how many there are."""

    changed: int
    secrets: int


def reencrypt_secrets(told: Callable[[int], object] = lambda looked_at: None) -> Rekeyed:
    """Encrypt all of them with the first of FIELD_KEYS, and see that no other key is needed.

    Whoever changes a secret meanwhile is never waited for and never overwritten: a row that is
    locked or has changed is looked at again. Each chunk commits by itself, and a secret that is as
    it would be written now is left alone, so it may be killed at any time and run again. It ends
    with a look at everything that finds nothing to do. `told` is called as secrets are looked at.
    Raises DecryptionError when a secret fits none of the keys.
    """
    changed = 0
    while True:
        secrets, outdated, done = _round(told)
        changed += done
        if not outdated:
            return Rekeyed(changed, secrets)
        if done < outdated:
            time.sleep(_PAUSE_SECONDS)


def _round(told: Callable[[int], object]) -> tuple[int, int, int]:
    """One look at everything: secrets there are, those that needed another key, those changed."""
    secrets = outdated = done = 0
    for column, rows in _chunks():
        old = [(key, value) for key, value in rows if not is_latest(value)]
        secrets, outdated = secrets + len(rows), outdated + len(old)
        if old:
            done += _change(column, [(key, value, _anew(column, key, value)) for key, value in old])
        told(len(rows))
    return secrets, outdated, done


def _chunks() -> Iterator[tuple[SealedColumn, list[tuple[int, Sealed]]]]:
    for column in sealed_columns():
        last = 0
        while rows := column.after(last):
            yield column, rows
            last = rows[-1][0]


def _anew(column: SealedColumn, key: int, stored: Sealed) -> Sealed:
    try:
        return column.anew(stored)
    except DecryptionError:
        raise DecryptionError(
            f"{column}, row {key}, fits none of FIELD_KEYS. It is left as it is."
        ) from None


@transaction.atomic
def _change(column: SealedColumn, changes: list[tuple[int, Sealed, Sealed]]) -> int:
    """Only rows that nobody holds: who waits for no lock is part of no deadlock."""
    rows = column.model._base_manager.filter(pk__in=[key for key, _, _ in changes])
    locked = rows.select_for_update(of=("self",), no_key=True, skip_locked=True)
    free = set(locked.order_by("pk").values_list("pk", flat=True))
    return column.replace([change for change in changes if change[0] in free])


def needed_keys() -> Mapping[str, int]:
    """How many secrets need which of FIELD_KEYS, by `key_name`; "" for those that fit none."""
    needed: Counter[str] = Counter()
    for _, rows in _chunks():
        for _, value in rows:
            fitting = (key_name(key) for key in settings.FIELD_KEYS if fits(value, [key]))
            needed[next(fitting, "")] += 1
    return needed
