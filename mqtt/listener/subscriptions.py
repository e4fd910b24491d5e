"""Subscriptions of a device, and the messages on their way to it."""

from collections.abc import Iterable

from protocol.topics import MAX_SUBSCRIPTIONS, matches

MAX_IN_FLIGHT = 100  # messages at QoS 1 that the device has not acknowledged (protocol.md 5.3)

_WILDCARDS = frozenset("+#")


class Inbox:
    """Made with the first subscription, because most connections have none or come before it."""

    __slots__ = ("_in_flight", "_last_id", "_patterns", "_topics")

    def __init__(self) -> None:
        self._topics: dict[str, int] = {}  # filters without wildcards, with QoS
        self._patterns: dict[str, int] = {}  # filters with wildcards
        self._in_flight: set[int] = set()
        self._last_id = 0

    def subscribe(self, topic_filter: str, wished: int) -> int | None:
        """The QoS granted; None when there are too many."""
        held = self._topics if _WILDCARDS.isdisjoint(topic_filter) else self._patterns
        full = len(self._topics) + len(self._patterns) >= MAX_SUBSCRIPTIONS
        if full and topic_filter not in held:
            return None
        held[topic_filter] = min(wished, 1)
        return held[topic_filter]

    def unsubscribe(self, filters: Iterable[str]) -> None:
        for topic_filter in filters:
            self._topics.pop(topic_filter, None)
            self._patterns.pop(topic_filter, None)

    def granted(self, topic: str) -> int | None:
        """The highest QoS of the subscriptions that select `topic`; None when none does."""
        granted = self._topics.get(topic)
        for pattern, qos in self._patterns.items():
            if matches(pattern, topic):
                granted = qos if granted is None else max(granted, qos)
        return granted

    def next_id(self) -> int | None:
        """A packet id for a message; None when too many are unacknowledged."""
        if len(self._in_flight) >= MAX_IN_FLIGHT:
            return None
        while True:
            self._last_id = self._last_id % 0xFFFF + 1
            if self._last_id not in self._in_flight:
                self._in_flight.add(self._last_id)
                return self._last_id

    def acknowledged(self, packet_id: int) -> None:
        self._in_flight.discard(packet_id)
