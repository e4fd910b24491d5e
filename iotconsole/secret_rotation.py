"""Encrypting every stored secret anew, so that an old key can be taken out of FIELD_KEYS."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from common.crypto.encrypted_fields import DecryptionError, fits, is_latest, key_name
from iotconsole.encrypted_columns import Sealed, SealedColumn, sealed_columns

# Looks at everything, of which all but the first find what others have written meanwhile. Who goes
# on writing with another key in front has to be restarted, not to be run after.
LOOKS = 5
# Between two of them when rows were in other hands.
_PAUSE_SECONDS = 0.2


@dataclass(slots=True)
class Rekeyed:
    """How many secrets were encrypted anew, of how many there are; and how many still need another
    key, because somebody goes on writing with one."""

    changed: int = 0
    secrets: int = 0
    outdated: int = 0


def reencrypt_secrets(told: Callable[[int], object] = lambda looked_at: None) -> Rekeyed:
    """Encrypt all of them with the first of FIELD_KEYS, and see that no other key is needed.

    Whoever changes a secret meanwhile is never waited for and never overwritten: a row that is
    locked or has changed is looked at again. Each chunk commits by itself, and a secret that is as
    it would be written now is left alone, so it may be killed at any time and run again. It ends
    with a look at everything that finds nothing to do. `told` is called as secrets are looked at.
    Raises DecryptionError at the end when a secret fits none of the keys.
    """
    result = Rekeyed()
    for _ in range(LOOKS):
        before = result.changed
        _look(result, told)
        if not result.outdated:
            break
        if result.changed - before < result.outdated:
            time.sleep(_PAUSE_SECONDS)
    return result


def _look(result: Rekeyed, told: Callable[[int], object]) -> None:
    result.secrets = result.outdated = 0
    lost: list[str] = []
    for column, rows in _chunks():
        old = [(key, value) for key, value in rows if not is_latest(value)]
        readable = [pair for pair in old if fits(pair[1], settings.FIELD_KEYS)]
        lost += [f"{column}, row {key}" for key, value in old if (key, value) not in readable]
        result.secrets += len(rows)
        result.outdated += len(readable)
        if readable:
            changes = [(key, value, column.anew(value)) for key, value in readable]
            result.changed += _change(column, changes)
        told(len(rows))
    if lost:
        raise DecryptionError(
            f"{len(lost)} secrets fit none of FIELD_KEYS and are left as they are: {lost[0]}"
            f"{' and others' if len(lost) > 1 else ''}. All others were encrypted anew."
        )


def _chunks() -> Iterator[tuple[SealedColumn, list[tuple[int, Sealed]]]]:
    for column in sealed_columns():
        last = 0
        while rows := column.after(last):
            yield column, rows
            last = rows[-1][0]


@transaction.atomic
def _change(column: SealedColumn, changes: list[tuple[int, Sealed, Sealed]]) -> int:
    """Change the rows that nobody holds. SKIP LOCKED avoids deadlocks."""
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
