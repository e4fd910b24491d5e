"""Lists by key, newest first: a page costs the same however far down it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)

# The largest key a database column holds.
_LAST_KEY = 2**63 - 1


@dataclass(frozen=True, slots=True)
class KeysetPage(Generic[Row]):
    """`older` and `newer` are the keys for `?before=` and `?after=`, None where the list ends."""

    rows: list[Row]
    older: int | None
    newer: int | None

    @property
    def newest(self) -> int:
        """Key of the first row, 0 on an empty page."""
        return self.rows[0].pk if self.rows else 0


def keyset_page(rows: QuerySet[Row], params: Mapping[str, str], *, size: int) -> KeysetPage[Row]:
    """The page that `before` or `after` in `params` asks for; nonsense there is ignored."""
    after = _key(params.get("after"))
    if after is not None:
        found = list(rows.filter(pk__gt=after).order_by("pk")[: size + 1])
        # A page that is not full has reached the top: then the first page is the better answer.
        if len(found) > size:
            shown = found[size - 1 :: -1]
            return KeysetPage(shown, shown[-1].pk, shown[0].pk)
        return _downwards(rows, None, size)
    return _downwards(rows, _key(params.get("before")), size)


def _downwards(rows: QuerySet[Row], before: int | None, size: int) -> KeysetPage[Row]:
    below = rows if before is None else rows.filter(pk__lt=before)
    found = list(below.order_by("-pk")[: size + 1])
    shown = found[:size]
    older = shown[-1].pk if len(found) > size else None
    newer = shown[0].pk if shown and before is not None else None
    return KeysetPage(shown, older, newer)


def _key(text: str | None) -> int | None:
    if not text or not text.isascii() or not text.isdigit() or len(text) > 19:
        return None
    key = int(text)
    return key if key <= _LAST_KEY else None


def capped_count(rows: QuerySet[Row], most: int) -> int:
    """Number of rows, but not more than `most`: live pages must not count a whole log."""
    return rows.order_by()[:most].count()
