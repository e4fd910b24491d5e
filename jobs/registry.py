"""Registry of the kinds of background jobs."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise

if TYPE_CHECKING:
    from jobs.models import Job
    from operators.models import Operator


class JobFailedError(Exception):
    """The whole job cannot go on. `text` is an English msgid for the operator, `facts` its
    parameters."""

    def __init__(self, text: str, **facts: str | int) -> None:
        super().__init__(text)
        self.text = text
        self.facts = facts


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """`taken` rows were looked at; `done` did what was asked, `failed` were skipped or refused.

    `result` is merged into the job's; `total` replaces its total; `finished` ends a job whose
    total is not known.
    """

    taken: int
    done: int = 0
    failed: int = 0
    result: Mapping[str, Any] = field(default_factory=dict)
    total: int | None = None
    finished: bool = False


def _nothing(_: "Job") -> None:
    """Most kinds have nothing left to do at the end."""


def _none(_: "Operator", _keys: Sequence[int]) -> Collection[int]:
    return ()


def _no_words(_: "Job") -> Sequence[str]:
    return ()


def _no_links(_: "Job") -> Sequence[tuple[str, str]]:
    return ()


@dataclass(frozen=True, slots=True)
class Kind:
    """`chunk(job, position, size)` handles at most `size` rows from `position` on.

    It runs in the one transaction that also moves the job's position, so a row is handled exactly
    once whatever happens to the worker. Keep a chunk well under 200 ms: on SQLite devices wait
    for it. When it raises, its rows are tried one by one (`size` 1); a row that raises alone
    counts as failed. Raise JobFailedError to end the whole job.

    `ended(job)` runs in the transaction that ends the job, however it ends; `told(job)` gives
    translated sentences on its result, `links(job)` translated titles with URLs: where its report
    is downloaded, where to go next. `opposite` is the key of the kind that undoes it: that one is
    given what `keep_changed` has noted, as far as `changeable(operator, keys)` allows it now.
    """

    key: str
    title: str | Promise
    chunk: Callable[["Job", int, int], ChunkResult]
    size: int = 200
    ended: Callable[["Job"], None] = _nothing
    told: Callable[["Job"], Sequence[str]] = _no_words
    links: Callable[["Job"], Sequence[tuple[str, str]]] = _no_links
    opposite: str = ""
    changeable: Callable[["Operator", Sequence[int]], Collection[int]] = _none


KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Raises ValueError when another kind has this key."""
    if KINDS.setdefault(kind.key, kind) is not kind:
        raise ValueError(f"there are two kinds of job with the key {kind.key}")
