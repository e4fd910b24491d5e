"""Bar charts as inline SVG, which need neither scripts nor styles of their own.

pygal computes where the bars stand. Of what it draws only these are taken: its `<style>` and
`<script>` would need exceptions in the Content-Security-Policy, and its fonts and colours know no
dark theme. Colours come from console.css by class, all words stand beside the picture as HTML, and
the same numbers as a table.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import pygal
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

# pygal looks for its plug-ins with an import hook of a kind that Python has given up: it would warn
# at every later import. There are no plug-ins.
sys.meta_path[:] = [hook for hook in sys.meta_path if type(hook).__module__ != "pygal"]

# The picture is stretched to the width it is given; these are the units it is drawn in.
_WIDTH, _HEIGHT = 600, 120
_INSET = round(_HEIGHT / 52, 2)  # what pygal leaves free above and below
_STEPS = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100)

Box = tuple[float, float, float, float]  # x, y, width, height


@dataclass(frozen=True, slots=True)
class Bar:
    """What happened in the hour that begins at `at`."""

    at: datetime
    value: int

    @property
    def label(self) -> str:
        return f"{self.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True, slots=True)
class Chart:
    """`key` is unique on its page, `kind` names the colour (console.css)."""

    key: str
    kind: str
    title: str
    bars: tuple[Bar, ...]

    @property
    def total(self) -> int:
        return sum(bar.value for bar in self.bars)

    @property
    def top(self) -> int:
        """What the upper edge stands for: a round number no bar exceeds."""
        return _round_up(max((bar.value for bar in self.bars), default=0))

    @property
    def told(self) -> tuple[Bar, ...]:
        """The bars that are not empty, newest first: what the table lists."""
        return tuple(bar for bar in reversed(self.bars) if bar.value)

    @property
    def svg(self) -> SafeString:
        boxes = _boxes(tuple(bar.value for bar in self.bars), self.top)
        drawn = [(_bar(bar, box),) for bar, box in zip(self.bars, boxes, strict=True)]
        return format_html(
            '<svg class="chart-bars chart-{}" viewBox="0 {} {} {}" role="img"'
            ' preserveAspectRatio="none" aria-labelledby="{}-title">'
            '<title id="{}-title">{}</title>{}</svg>',
            *(self.kind, _INSET, _WIDTH, _HEIGHT - 2 * _INSET),
            *(self.key, self.key, self.title, format_html_join("", "{}", drawn)),
        )


def _bar(bar: Bar, box: Box) -> SafeString:
    """A bar, and an invisible one of full height: an empty hour can be pointed at too."""
    x, y, width, height = box
    return format_html(
        '<g><title>{}: {}</title><rect class="hit" x="{}" y="0" width="{}" height="{}"></rect>'
        '<rect x="{}" y="{}" width="{}" height="{}"></rect></g>',
        *(bar.label, bar.value, x, width, _HEIGHT, x, y, width, height),
    )


@lru_cache(maxsize=64)
def _boxes(values: tuple[int, ...], top: int) -> tuple[Box, ...]:
    """Where the bars stand. Kept, because live pages draw the same picture again and again."""
    if not values:
        return ()
    chart = pygal.Bar(
        width=_WIDTH,
        height=_HEIGHT,
        margin=0,
        spacing=0,
        range=(0, top),
        show_legend=False,
        show_x_labels=False,
        show_y_labels=False,
        js=[],
        css=[],
    )
    chart.add("", values)
    rects = chart.render_tree().findall(".//g[@class='bar']/rect")
    return tuple(_box(rect.attrib) for rect in rects)


def _box(attributes: Any) -> Box:
    x, y, width, height = (
        round(float(attributes[name]), 2) for name in ("x", "y", "width", "height")
    )
    return x, y, width, height


def _round_up(value: int) -> int:
    if value < 10:
        return max(value, 1)
    power: int = 10 ** (len(str(value)) - 2)
    return next(step * power for step in _STEPS if step * power >= value)


def hourly(
    key: str, kind: str, title: str, values: dict[datetime, int], hours: Sequence[datetime]
) -> Chart:
    """A bar for each of `hours`, empty where `values` has none."""
    return Chart(key, kind, title, tuple(Bar(hour, values.get(hour, 0)) for hour in hours))
