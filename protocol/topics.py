"""Topic names and filters: their limits, matching, and what a device may use.

Facts: protocol.md 5.3 (limits) and protocol.md 5.4 (permissions).
"""

MAX_TOPIC_BYTES = 128
MAX_LEVELS = 7
# The platform's own topics run deeper than it allows to others: a property batch has 8 levels,
# and the answer to an RRPC carries a whole topic behind /ext/rrpc/{messageId}.
MAX_PLATFORM_LEVELS = 10
MAX_FILTERS_PER_SUBSCRIBE = 8
MAX_SUBSCRIPTIONS = 100

_PLATFORM_ROOTS = frozenset({"sys", "ext", "shadow", "ota", "broadcast"})
_OWN_EXT = frozenset({"ntp", "session", "error"})
_OWN_SHADOW = frozenset({"update", "get"})
_OWN_OTA = frozenset({"inform", "upgrade", "progress", "request"})


def topic_problem(topic: str) -> str | None:
    """Say what is wrong with a topic name to publish to, for the log; None if it is valid."""
    if problem := _limit_problem(topic):
        return problem
    return "a topic to publish to has no wildcards" if "+" in topic or "#" in topic else None


def filter_problem(topic_filter: str) -> str | None:
    """Say what is wrong with a topic filter to subscribe to, for the log; None if it is valid."""
    # Its limits first: nothing is done for each of 65,535 levels.
    return _limit_problem(topic_filter) or _wildcard_problem(topic_filter.split("/"))


def _wildcard_problem(levels: list[str]) -> str | None:
    if any("#" in level for level in levels[:-1]) or ("#" in levels[-1] and levels[-1] != "#"):
        return "# stands for the last level only"
    if any("+" in level and level != "+" for level in levels):
        return "+ stands for a whole level"
    return None


def _limit_problem(topic: str) -> str | None:
    if not topic:
        return "a topic is not empty"
    if len(topic) > MAX_TOPIC_BYTES or len(topic.encode()) > MAX_TOPIC_BYTES:
        return f"a topic has at most {MAX_TOPIC_BYTES} bytes"
    if not topic.isprintable():
        return "a topic holds printable characters only"
    if "," in topic:  # NanoMQ puts one between topics
        return "a topic holds no comma"
    levels = topic.removeprefix("/").split("/")
    most = MAX_PLATFORM_LEVELS if levels[0] in _PLATFORM_ROOTS else MAX_LEVELS
    return f"a topic has at most {most} levels" if len(levels) > most else None


def matches(topic_filter: str, topic: str) -> bool:
    """Whether a well-formed filter selects a topic name (MQTT 3.1.1, 4.7).

    `#` also selects the level above it; wildcards in front select nothing that starts with `$`.
    """
    if topic.startswith("$") and topic_filter[:1] in ("+", "#"):
        return False
    wanted, given = topic_filter.split("/"), topic.split("/")
    if wanted[-1] == "#":
        wanted.pop()
        given = given[: len(wanted)]
    return len(wanted) == len(given) and all(
        want in ("+", have) for want, have in zip(wanted, given, strict=True)
    )


class TopicAcl:
    """A device uses topics of its own ProductKey and DeviceName, and wildcards below them."""

    @staticmethod
    def may_publish(topic: str, product_key: str, device_name: str) -> bool:
        """False too for a topic that is malformed or over a limit."""
        return topic_problem(topic) is None and _is_own(topic, product_key, device_name)

    @staticmethod
    def may_subscribe(topic_filter: str, product_key: str, device_name: str) -> bool:
        """False too for a filter that is malformed or over a limit."""
        if filter_problem(topic_filter) is not None:
            return False
        if _is_own(topic_filter, product_key, device_name):
            return True
        # Broadcasts go to a whole product, so devices only ever listen there.
        prefix = f"/broadcast/{product_key}/"
        return topic_filter.startswith(prefix) and topic_filter != prefix


def _is_own(topic: str, product_key: str, device_name: str) -> bool:
    own = [product_key, device_name]
    lead, *levels = topic.split("/")
    if lead or len(levels) < 3:  # nothing without a leading slash, or without something below
        return False
    # The messageId of an RRPC precedes the topic that it calls.
    if levels[:2] == ["ext", "rrpc"]:
        levels = levels[3:]
        return _is_below(levels, ["sys", *own]) or _is_custom(levels, own)
    return (
        _is_below(levels, ["sys", *own])
        or (levels[0] == "ext" and levels[1] in _OWN_EXT and levels[2:4] == own)
        or (levels[0] == "shadow" and levels[1] in _OWN_SHADOW and levels[2:] == own)
        or (levels[:2] == ["ota", "device"] and levels[2] in _OWN_OTA and levels[3:] == own)
        or _is_custom(levels, own)
    )


def _is_custom(levels: list[str], own: list[str]) -> bool:
    # A product whose key is a root of the platform would own other products' topics.
    return own[0] not in _PLATFORM_ROOTS and _is_below(levels, own)


def _is_below(levels: list[str], prefix: list[str]) -> bool:
    return len(levels) > len(prefix) and levels[: len(prefix)] == prefix
