"""Programs that connect a device to this server, with a product's values filled in."""

from dataclasses import dataclass, field

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from products.models import Product

HIDDEN = "<ProductSecret>"


@dataclass(frozen=True, slots=True)
class Snippet:
    """`code` is plain text; it may hold the ProductSecret."""

    key: str
    title: str
    hint: str
    code: str = field(repr=False)


_SNIPPETS = (
    (
        "c",
        _("C SDK"),
        _(
            "Link SDK for C v4. Save it as demos/connect_here_demo.c in the SDK, run make, then "
            "start output/connect-here-demo with a DeviceName. (A recent gcc needs -Werror taken "
            "out of the SDK's Makefile.)"
        ),
        "devices/snippets/connect_here_demo.c",
    ),
    (
        "python",
        _("Python SDK"),
        _(
            'In an environment of its own: pip install aliyun-iot-linkkit==1.2.13 "paho-mqtt<2". '
            "Save it as connect_here.py and start it with a DeviceName."
        ),
        "devices/snippets/connect_here.py.txt",
    ),
    (
        "simulator",
        _("Simulator"),
        _("From the directory of this server; it registers, connects and publishes."),
        "devices/snippets/simulator.txt",
    ),
)


def snippets(product: Product, product_secret: str, ca: str) -> list[Snippet]:
    """One program per SDK; an empty `product_secret` leaves a placeholder to fill in."""
    values = {
        "host": settings.PUBLIC_HOST,
        "port": settings.MQTTS_PORT,
        "ca": ca,
        "ca_lines": ca.splitlines(),
        "ca_file": settings.DATA_DIR / "pki" / "ca.pem",
        "product_key": product.product_key,
        "product_secret": product_secret or HIDDEN,
    }
    return [
        Snippet(
            key, gettext(title), gettext(hint), render_to_string(template, values).strip() + "\n"
        )
        for key, title, hint, template in _SNIPPETS
    ]
