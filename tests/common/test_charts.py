"""Bar charts as SVG."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest

from common.web.charts import Chart, hourly

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOURS = [NOON + timedelta(hours=number) for number in range(4)]


def chart(*values: int, title: str = "Refusals") -> Chart:
    return hourly("refusals", "refused", title, dict(zip(HOURS, values, strict=False)), HOURS)


def heights(drawn: Chart) -> list[float]:
    root = ElementTree.fromstring(drawn.svg)  # noqa: S314
    bars = [group.findall("rect")[1] for group in root.iter("g")]
    return [float(bar.attrib["height"]) for bar in bars]


def test_bars_are_as_high_as_their_values() -> None:
    none, one, two, four = heights(chart(0, 1, 2, 4))
    assert none == 0
    assert two == pytest.approx(2 * one, abs=0.1)
    assert four == pytest.approx(4 * one, abs=0.1)


def test_the_bars_stand_side_by_side_on_the_ground_and_fill_the_width() -> None:
    root = ElementTree.fromstring(chart(0, 1, 2, 4).svg)  # noqa: S314
    assert root.attrib["viewBox"] == "0 0 600 120"
    boxes = [group.findall("rect")[1].attrib for group in root.iter("g")]
    bars = [tuple(float(box[key]) for key in ("x", "y", "width", "height")) for box in boxes]
    assert bars == [
        (16.5, 120, 117, 0),
        (166.5, 90, 117, 30),
        (316.5, 60, 117, 60),
        (466.5, 0, 117, 120),
    ]


def test_without_hours_the_picture_is_empty() -> None:
    svg = hourly("refusals", "refused", "Refusals", {}, []).svg
    assert [element.tag for element in ElementTree.fromstring(svg).iter()] == ["svg", "title"]  # noqa: S314


def test_every_hour_has_a_bar_and_says_its_value() -> None:
    titles = [e.text for e in ElementTree.fromstring(chart(3).svg).iter("title")]  # noqa: S314
    assert titles[:3] == ["Refusals", "2026-11-23 12:00 UTC: 3", "2026-11-23 13:00 UTC: 0"]
    assert len(titles) == 5


@pytest.mark.parametrize(
    ("value", "top"),
    [(0, 1), (1, 1), (7, 7), (11, 12), (99, 100), (118, 120), (4321, 5000)],
)
def test_the_upper_edge_is_a_round_number_no_bar_exceeds(value: int, top: int) -> None:
    assert chart(value).top == top


def test_nothing_in_it_needs_an_exception_from_the_security_policy() -> None:
    svg = chart(1, 2)
    names = {element.tag for element in ElementTree.fromstring(svg.svg).iter()}  # noqa: S314
    assert names == {"svg", "title", "g", "rect"}
    assert "style" not in svg.svg


def test_words_are_escaped() -> None:
    assert "&lt;b&gt;" in chart(1, title="<b>").svg


def test_the_table_lists_what_happened_newest_first() -> None:
    assert [(bar.at, bar.value) for bar in chart(3, 0, 5).told] == [(HOURS[2], 5), (HOURS[0], 3)]
    assert chart(3, 0, 5).total == 8
