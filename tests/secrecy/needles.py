"""Finding known secrets in a heap of bytes, however they were written there."""

import base64
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

# What is shorter stands in any heap by chance, unless a word of its own is looked for.
SHORTEST = 8
_GRAM = 8


def encodings(secret: bytes) -> set[bytes]:
    """In lower case, as the heap is searched."""
    text = secret.decode("latin-1")
    forms = {
        secret,
        secret.hex().encode(),
        quote(text, safe="").encode(),
        text.encode("utf-16-le"),
        *_base64(secret),
        *_base32(secret),
    }
    return {form.lower() for form in forms if len(form) >= SHORTEST}


def _base64(secret: bytes) -> Iterator[bytes]:
    """At each of the three places that it may have within something longer."""
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + secret)
        whole = encoded[(shift * 8 + 5) // 6 : (shift + len(secret)) * 8 // 6]
        yield whole
        yield whole.translate(bytes.maketrans(b"+/", b"-_"))


def _base32(secret: bytes) -> Iterator[bytes]:
    yield base64.b32encode(secret).rstrip(b"=")


class Known:
    """Secrets by what they are. `add` gives the secret back."""

    def __init__(self) -> None:
        self._kinds: dict[bytes, str] = {}
        self.codes: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._kinds) + len(self.codes)

    def add(self, kind: str, secret: str | bytes) -> None:
        raw = secret.encode() if isinstance(secret, str) else secret
        assert len(raw) >= SHORTEST, kind
        self._kinds[raw] = kind

    def add_code(self, kind: str, code: str) -> None:
        """A few digits, which are only found as a word."""
        self.codes[code] = kind

    @property
    def kinds(self) -> Mapping[str, int]:
        """How many there are of each."""
        counts: dict[str, int] = defaultdict(int)
        for kind in (*self._kinds.values(), *self.codes.values()):
            counts[kind] += 1
        return counts

    def without(self, *kinds: str) -> "Known":
        """A copy that knows nothing of these."""
        other = Known()
        other._kinds = {raw: kind for raw, kind in self._kinds.items() if kind not in kinds}
        other.codes = {code: kind for code, kind in self.codes.items() if kind not in kinds}
        return other

    def found_in(self, heap: bytes) -> list[str]:
        """Kind of each secret that stands in it, and some of what stands before."""
        return sorted({*self._long_ones(heap), *self._codes(heap)})

    def _long_ones(self, heap: bytes) -> Iterator[str]:
        needles: dict[bytes, list[tuple[bytes, str]]] = defaultdict(list)
        for raw, kind in self._kinds.items():
            for form in encodings(raw):
                needles[form[:_GRAM]].append((form, kind))
        low = heap.lower()
        # One walk, however many needles: nearly all places are done with one look into a table.
        for place in range(len(low) - _GRAM + 1):
            if found := needles.get(low[place : place + _GRAM]):
                for form, kind in found:
                    if low.startswith(form, place):
                        yield f"{kind}, behind {heap[max(0, place - 60) : place]!r}"

    def _codes(self, heap: bytes) -> Iterator[str]:
        for match in re.finditer(rb"(?<![\w.+-])\d{6}(?!\w)", heap):
            if kind := self.codes.get(match.group().decode()):
                yield f"{kind}, behind {heap[max(0, match.start() - 60) : match.start()]!r}"


def known(pairs: Iterable[tuple[str, str]]) -> Known:
    made = Known()
    for kind, secret in pairs:
        made.add(kind, secret)
    return made
