"""Bar charts as inline SVG, without scripts or styles of their own.

The Content-Security-Policy needs no exception for them. Colours come from console.css by class, so
a chart follows the theme. The template shows all words beside the picture as HTML, and the same
numbers as a table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

# The units of the drawing; the browser stretches it to the width of its place.
_WIDTH, _HEIGHT = 600, 120
_GAP = 0.11  # the share of a bar's place that stays free on each side
_STEPS = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100)

Box = tuple[float, float, float, float]  # x, y, width, height


@dataclass(frozen=True, slots=True)
class Bar:
    """Number of events in the hour that begins at `at`."""

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
        """Return the value of the upper edge: a round number no bar exceeds."""
        return _round_up(max((bar.value for bar in self.bars), default=0))

    @property
    def told(self) -> tuple[Bar, ...]:
        """The bars that are not empty, newest first: what the table lists."""
        return tuple(bar for bar in reversed(self.bars) if bar.value)

    @property
    def svg(self) -> SafeString:
        place, top = _WIDTH / max(1, len(self.bars)), self.top
        drawn = [
            (_bar(bar, _box(place, number, bar.value / top)),)
            for number, bar in enumerate(self.bars)
        ]
        return format_html(
            '<svg class="chart-bars chart-{}" viewBox="0 0 {} {}" role="img"'
            ' preserveAspectRatio="none" aria-labelledby="{}-title">'
            '<title id="{}-title">{}</title>{}</svg>',
            *(self.kind, _WIDTH, _HEIGHT),
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


def _box(place: float, number: int, share: float) -> Box:
    """The bar in its place of this width, as high as its share of the whole height."""
    height = round(_HEIGHT * share, 2)
    x, width = place * (number + _GAP), place * (1 - 2 * _GAP)
    return round(x, 2), round(_HEIGHT - height, 2), round(width, 2), height


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
