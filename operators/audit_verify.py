"""Whether the audit trail is still what was written. Reads only."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

from django.db.models import Max

from operators.audit_chain import START
from operators.models import AuditEntry, AuditHead


@dataclass(frozen=True, slots=True)
class Break:
    """Where the trail stops holding. `number` is the first entry concerned.

    `kind`: changed, removed, inserted, cut (entries missing at the end), head (the row that knows
    the end), checkpoint (the hash one has kept is nowhere in the trail).
    """

    kind: str
    number: int
    words: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`count` entries hold; `hash` is that of the last one of them."""

    count: int
    hash: str
    broken: Break | None

    @property
    def data(self) -> dict[str, object]:
        broken = asdict(self.broken) if self.broken else None
        return {"count": self.count, "hash": self.hash, "broken": broken}


@dataclass(slots=True)
class _Walk:
    """How far the trail has been followed."""

    count: int = 0
    hash: str = START
    expected_seen: bool = False


def verify(expect: str = "") -> Verdict:
    """Follow the trail from its first entry to its end.

    `expect` is the hash of an entry, noted down earlier: who can write to the database could make
    a whole trail anew, but not one with that hash in it.
    """
    # The head is read after the last number: appending moves both together, so it is not behind.
    last = AuditEntry.objects.aggregate(last=Max("number"))["last"] or 0
    head = AuditHead.objects.filter(pk=AuditHead.ONLY).first()
    walk = _Walk(expected_seen=expect in {"", START})
    broken = _follow(walk, expect) or _end(walk, head, last)
    if broken is None and not walk.expected_seen:
        broken = Break("checkpoint", 0, "No entry has the expected hash: the trail was made anew.")
    return Verdict(walk.count, walk.hash, broken)


def _follow(walk: _Walk, expect: str) -> Break | None:
    for entry, following in _pairs():
        if entry.number > walk.count + 1:
            first, last = walk.count + 1, entry.number - 1
            return Break("removed", first, f"{_numbers(first, last)} removed.")
        if entry.hash != entry.content.hash_after(walk.hash):
            return _mismatch(walk, entry, following)
        walk.count, walk.hash = entry.number, entry.hash
        walk.expected_seen = walk.expected_seen or entry.hash == expect
    return None


def _pairs() -> Iterator[tuple[AuditEntry, AuditEntry | None]]:
    """Each entry with the one after it."""
    before = None
    for entry in AuditEntry.objects.order_by("number").iterator(chunk_size=2000):
        if before is not None:
            yield before, entry
        before = entry
    if before is not None:
        yield before, None


def _mismatch(walk: _Walk, entry: AuditEntry, following: AuditEntry | None) -> Break:
    """Somebody put this entry in and moved the others on, or changed it."""
    number = entry.number
    if following is not None:
        content = replace(following.content, number=number)
        if following.hash == content.hash_after(walk.hash):
            return Break("inserted", number, f"Entry {number} ({entry}) was inserted.")
    words = f"Entry {number} ({entry}) was changed, or does not follow the one before it."
    return Break("changed", number, words)


def _end(walk: _Walk, head: AuditHead | None, last: int) -> Break | None:
    """Compare what was found with what the head knows."""
    if head is None:
        if walk.count == 0:
            return None
        return Break("head", walk.count, "The row that knows the end of the trail is missing.")
    if walk.count < head.count:
        first = walk.count + 1
        return Break("cut", first, f"{_numbers(first, head.count)} cut off the end.")
    if last > head.count:
        first = head.count + 1
        return Break("inserted", first, f"{_numbers(first, last)} added past the end.")
    if walk.count == head.count and walk.hash != head.hash:
        return Break("changed", walk.count, f"Entry {walk.count} was changed with its hash.")
    return None


def _numbers(first: int, last: int) -> str:
    return f"Entry {first} was" if first == last else f"Entries {first} to {last} were"
