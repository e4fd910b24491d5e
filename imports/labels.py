"""Label sheets: which labels a printer's sheet has, and what stands on each."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import segno
from django.utils.safestring import SafeString, mark_safe

from devices.models import Device

# Labels on one A4 sheet, as sold everywhere; their measures stand in static/css/labels.css.
SIZES = (24, 40, 65)
# Sheets on one page: what a browser lays out in a moment.
SHEETS = 10


@dataclass(frozen=True, slots=True)
class Label:
    """`secret` is empty unless the operator asked for it."""

    device_name: str
    product_name: str
    qr: SafeString = field(repr=False)
    secret: str = field(default="", repr=False)


def sheets(labels: Sequence[Label], per: int, start: int) -> list[list[Label | None]]:
    """`per` labels each; None where a label of the first sheet was used before."""
    places = iter([*[None] * (start - 1), *labels])
    return list(iter(lambda: list(islice(places, per)), []))


def labels_of(devices: Iterable[Device], *, with_secrets: bool) -> Iterator[Label]:
    """Needs devices with their product. The QR code holds the DeviceName and, `with_secrets`, all
    three of the device certificate, separated by commas."""
    for device in devices:
        product, name = device.product, device.device_name
        secret = device.device_secret if with_secrets else ""
        content = ",".join((product.product_key, name, secret)) if with_secrets else name
        yield Label(name, product.name, _qr(content), secret)


def _qr(content: str) -> SafeString:
    """As SVG without a style attribute, which the content security policy forbids."""
    code: Any = segno.make(content, error="m", micro=False)
    svg: str = code.svg_inline(scale=4, border=2, omitsize=True, svgclass="qr", lineclass=None)
    return mark_safe(svg)  # noqa: S308 - made of numbers by segno
