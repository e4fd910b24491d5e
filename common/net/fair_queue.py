"""A queue that serves its origins in turn, and those first that have been good before."""

from collections import OrderedDict, deque
from typing import Generic, TypeVar

# Origins remembered; the one that was good the longest ago goes first.
MAX_REGULARS = 20_000

T = TypeVar("T")


class Regulars:
    """Origins from where a credential was good."""

    def __init__(self) -> None:
        self._origins: OrderedDict[str, None] = OrderedDict()

    def __contains__(self, origin: str) -> bool:
        return origin in self._origins

    def add(self, origin: str) -> None:
        self._origins[origin] = None
        self._origins.move_to_end(origin)
        if len(self._origins) > MAX_REGULARS:
            self._origins.popitem(last=False)


class _Line(Generic[T]):
    """Those who wait, by origin."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, deque[T]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, origin: str, one: T) -> None:
        self._waiting.setdefault(origin, deque()).append(one)

    def pop(self) -> T:
        """The first of the origin that has waited for longest; its others go to the end."""
        origin, waiting = self._waiting.popitem(last=False)
        one = waiting.popleft()
        if waiting:
            self._waiting[origin] = waiting
        return one


class FairQueue(Generic[T]):
    """Used on one thread."""

    def __init__(self, regulars: Regulars) -> None:
        self._regulars = regulars
        self._of_regulars = _Line[T]()
        self._of_strangers = _Line[T]()

    def __bool__(self) -> bool:
        return bool(self._of_regulars or self._of_strangers)

    @property
    def regulars_wait(self) -> bool:
        return bool(self._of_regulars)

    def add(self, origin: str, one: T) -> None:
        line = self._of_regulars if origin in self._regulars else self._of_strangers
        line.add(origin, one)

    def pop(self, *, stranger: bool) -> T:
        """The next; with `stranger` one of these, if there is any."""
        first, second = self._of_regulars, self._of_strangers
        if stranger:
            first, second = second, first
        return first.pop() if first else second.pop()
