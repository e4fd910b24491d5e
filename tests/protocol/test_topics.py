"""Topics: limits, matching after MQTT 3.1.1 section 4.7, and the permissions of one device."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.topics import TopicAcl, filter_problem, matches, topic_problem

PK, DN = "a1FCrJmPpk1", "LightSwitch"

OWN_TOPICS = [
    f"/{PK}/{DN}/user/update",
    f"/{PK}/{DN}/update",
    f"/{PK}/{DN}/update/error",
    f"/sys/{PK}/{DN}/thing/event/property/post",
    f"/sys/{PK}/{DN}/thing/event/property/batch/post",
    f"/sys/{PK}/{DN}/rrpc/response/123",
    f"/ext/ntp/{PK}/{DN}/request",
    f"/ext/session/{PK}/{DN}/combine/login",
    f"/ext/error/{PK}/{DN}",
    f"/ext/rrpc/1234/{PK}/{DN}/user/get",
    f"/ext/rrpc/1234/sys/{PK}/{DN}/thing/service/property/set",
    f"/shadow/update/{PK}/{DN}",
    f"/shadow/get/{PK}/{DN}",
    f"/ota/device/inform/{PK}/{DN}",
    f"/ota/device/upgrade/{PK}/{DN}",
    f"/ota/device/progress/{PK}/{DN}",
]
OWN_FILTERS = [
    f"/{PK}/{DN}/#",
    f"/{PK}/{DN}/user/+",
    f"/sys/{PK}/{DN}/thing/event/+/post_reply",
    f"/sys/{PK}/{DN}/rrpc/request/+",
    f"/ext/rrpc/+/{PK}/{DN}/user/get",
    f"/ext/rrpc/+/sys/{PK}/{DN}/thing/service/property/set",
    f"/ext/session/{PK}/{DN}/#",
    f"/broadcast/{PK}/news",
    f"/broadcast/{PK}/#",
]
FOREIGN = [
    "/",
    "//",
    f"/{PK}/{DN}",
    f"/{PK}",
    f"{PK}/{DN}/user/update",
    f"//{PK}/{DN}/user/update",
    f"/{PK}/{DN}x/user/update",
    f"/{PK}/x{DN}/user/update",
    f"/{PK}/{DN.lower()}/user/update",
    f"/{PK}/other/user/update",
    f"/other/{DN}/user/update",
    f"/{DN}/{PK}/user/update",
    f"/sys/{PK}/{DN}",
    f"/sys/{PK}/other/thing/event/property/post",
    f"/sys/sys/{PK}/{DN}/thing",
    f"/ext/{PK}/{DN}/request",
    f"/ext/ntp/{PK}/other/request",
    f"/ext/ntp/{PK}",
    "/ext/register",
    "/ext/regnwl",
    "/ext/notify",
    f"/ext/register/{PK}/{DN}",
    f"/ext/rrpc/{PK}/{DN}",
    f"/ext/rrpc/1/{PK}/other/user/get",
    f"/ext/rrpc/1/2/{PK}/{DN}/user/get",
    f"/shadow/update/{PK}/other",
    f"/shadow/update/{PK}",
    f"/shadow/other/{PK}/{DN}",
    f"/ota/device/inform/{PK}/other",
    f"/ota/other/inform/{PK}/{DN}",
    f"/broadcast/other/{DN}",
    "$SYS/broker/uptime",
]
FOREIGN_FILTERS = [
    "#",
    "+",
    "/#",
    "/+/+/user/update",
    f"/{PK}/#",
    f"/{PK}/+/user/update",
    f"/+/{DN}/user/update",
    "/sys/#",
    f"/sys/{PK}/+/thing/event/property/post",
    f"/sys/+/{DN}/thing/#",
    "/ext/#",
    "/ext/rrpc/#",
    "/ext/rrpc/+/#",
    f"/ext/rrpc/+/{PK}/#",
    f"/ext/rrpc/+/{PK}/+/user/get",
    f"/ext/+/{PK}/{DN}/request",
    f"/shadow/+/{PK}/{DN}",
    "/broadcast/#",
    "/broadcast/+/news",
    f"/broadcast/{PK}/",
    f"$share/g/{PK}/{DN}/#",
]


@pytest.mark.parametrize("topic", OWN_TOPICS)
def test_own_topics_may_be_published_and_subscribed(topic: str) -> None:
    assert TopicAcl.may_publish(topic, PK, DN)
    assert TopicAcl.may_subscribe(topic, PK, DN)


@pytest.mark.parametrize("topic_filter", OWN_FILTERS)
def test_wildcards_below_the_own_prefix_may_be_subscribed(topic_filter: str) -> None:
    assert TopicAcl.may_subscribe(topic_filter, PK, DN)


@pytest.mark.parametrize("huge", ["/" * 65535, "#/" * 30000, "+a/" * 20000, "灯" * 20000])
def test_of_a_huge_topic_only_the_length_is_looked_at(huge: str) -> None:
    """Its levels could be 65,535, each looked at for wildcards."""
    assert filter_problem(huge) == topic_problem(huge) == "a topic has at most 128 bytes"


def test_a_topic_holds_no_comma() -> None:
    """NanoMQ joins topics by commas."""
    joined = f"/{PK}/{DN}/user/get,/{PK}/{DN}/user/set"
    assert filter_problem(joined) == topic_problem(joined) == "a topic holds no comma"
    assert not TopicAcl.may_subscribe(joined, PK, DN)
    assert not TopicAcl.may_publish(joined, PK, DN)


@pytest.mark.parametrize("topic", FOREIGN)
def test_other_topics_are_refused(topic: str) -> None:
    assert not TopicAcl.may_publish(topic, PK, DN)
    assert not TopicAcl.may_subscribe(topic, PK, DN)


@pytest.mark.parametrize("topic_filter", FOREIGN_FILTERS)
def test_wildcards_in_or_above_the_own_prefix_are_refused(topic_filter: str) -> None:
    assert not TopicAcl.may_subscribe(topic_filter, PK, DN)


@pytest.mark.parametrize("topic", [*OWN_FILTERS, f"/{PK}/{DN}/a+b", f"/{PK}/{DN}/a#"])
def test_nothing_is_published_to_wildcards_or_broadcasts(topic: str) -> None:
    assert not TopicAcl.may_publish(topic, PK, DN)


@pytest.mark.parametrize("root", ["sys", "ext", "shadow", "ota", "broadcast"])
def test_product_key_that_is_a_platform_root_owns_no_foreign_topics(root: str) -> None:
    assert not TopicAcl.may_publish(f"/{root}/{PK}/{DN}/x", root, PK)
    assert not TopicAcl.may_subscribe(f"/{root}/{PK}/#", root, PK)


KEYS = st.sampled_from([PK, "k24eydfvqnO", "sys", "ext", "shadow", "update"])
NAMES = st.sampled_from([DN, "dev1", "rrpc", "session", "update", "device", "sys."])
LEVELS = st.one_of(
    KEYS, NAMES, st.sampled_from(["+", "#", "", "ota", "ntp", "inform", "broadcast", "user", "1"])
)
TOPICS = st.lists(LEVELS, max_size=9).map("/".join)


@given(TOPICS, TOPICS, KEYS, NAMES, KEYS, NAMES)
def test_no_device_hears_what_another_may_publish(
    topic: str, topic_filter: str, pk: str, dn: str, other_pk: str, other_dn: str
) -> None:
    if (pk, dn) == (other_pk, other_dn) or not TopicAcl.may_publish(topic, pk, dn):
        return
    if TopicAcl.may_subscribe(topic_filter, other_pk, other_dn):
        assert not matches(topic_filter, topic)


@given(st.text(), st.sampled_from([PK, ""]), st.sampled_from([DN, ""]))
def test_any_text_is_judged_without_an_exception(text: str, pk: str, dn: str) -> None:
    text = text.encode(errors="replace").decode()
    if TopicAcl.may_publish(text, pk, dn):
        assert topic_problem(text) is None
    if TopicAcl.may_subscribe(text, pk, dn):
        assert filter_problem(text) is None


@pytest.mark.parametrize(
    ("topic_filter", "topic"),
    [
        ("a/b", "a/b"),
        ("/a", "/a"),
        ("+/b", "a/b"),
        ("a/+", "a/b"),
        ("a/+", "a/"),
        ("+/+", "/a"),
        ("/+", "/a"),
        ("#", "a/b/c"),
        ("a/#", "a"),
        ("a/#", "a/b/c"),
        ("a/+/c", "a/b/c"),
        ("$SYS/#", "$SYS/x"),
    ],
)
def test_filter_selects(topic_filter: str, topic: str) -> None:
    assert matches(topic_filter, topic)


@pytest.mark.parametrize(
    ("topic_filter", "topic"),
    [
        ("a/b", "a/c"),
        ("a", "a/b"),
        ("a/b", "a"),
        ("+", "/a"),
        ("+", "a/b"),
        ("a/+", "a"),
        ("a/#", "ab"),
        ("a/#", "b/a"),
        ("a/b/#", "a"),
        ("A", "a"),
        ("#", "$SYS/x"),
        ("+/x", "$SYS/x"),
    ],
)
def test_filter_does_not_select(topic_filter: str, topic: str) -> None:
    assert not matches(topic_filter, topic)


NAMED = st.lists(st.sampled_from(["a", "b", "", "$x"]), min_size=1, max_size=7)


@given(NAMED, st.data())
def test_replacing_levels_by_wildcards_still_selects(
    levels: list[str], data: st.DataObject
) -> None:
    topic = "/".join(levels)
    plus = [data.draw(st.booleans()) and bool(at) for at in range(len(levels))]
    chosen = ["+" if yes else level for yes, level in zip(plus, levels, strict=True)]
    assert matches("/".join(chosen), topic)
    cut = data.draw(st.integers(1, len(levels)))
    assert matches("/".join([*chosen[:cut], "#"]), topic)


@pytest.mark.parametrize(
    ("topic", "problem"),
    [
        ("", "empty"),
        ("a/+/b", "wildcards"),
        ("a#", "wildcards"),
        ("/" + "a" * 128, "128 bytes"),
        ("/" + "é" * 64, "128 bytes"),
        ("/1/2/3/4/5/6/7/8", "7 levels"),
        ("1/2/3/4/5/6/7/8", "7 levels"),
        ("/sys/2/3/4/5/6/7/8/9/10/11", "10 levels"),
        ("/a\nb", "printable"),
        ("/a\u202eb", "printable"),
    ],
)
def test_topic_over_a_limit_is_told_why(topic: str, problem: str) -> None:
    assert problem in (topic_problem(topic) or "")


@pytest.mark.parametrize(
    "topic", ["/1/2/3/4/5/6/7", "/" + "a" * 127, "/sys/2/3/4/5/6/7/8", f"/{PK}/a.b:c@d-e_f/x"]
)
def test_topic_at_the_limit_is_fine(topic: str) -> None:
    assert topic_problem(topic) is None
    assert filter_problem(topic) is None


@pytest.mark.parametrize("topic_filter", ["#", "+", "/+/#", "a/+", "+/+/+", "/a/#"])
def test_well_formed_filters_are_fine(topic_filter: str) -> None:
    assert filter_problem(topic_filter) is None


@pytest.mark.parametrize(
    "topic_filter", ["", "#/a", "a#", "a/#/b", "a/b#", "+a", "a+/b", "##", "++", "/a/\0"]
)
def test_malformed_filters_are_told_why(topic_filter: str) -> None:
    assert filter_problem(topic_filter)
