"""The topics a device may use (protocol.md 5.4)."""

from typing import Any

from django import template
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

register = template.Library()

# Operations allowed, topic, what the platform's SDKs use it for.
_TOPICS = (
    (_("Publish, subscribe"), "/{pk}/{dn}/user/#", _("Topics of your own")),
    (_("Publish, subscribe"), "/sys/{pk}/{dn}/#", _("Properties, events, services, configuration")),
    (_("Publish, subscribe"), "/ext/ntp/{pk}/{dn}/#", _("Time synchronisation")),
    (_("Publish, subscribe"), "/shadow/update/{pk}/{dn}", _("Device shadow, to the server")),
    (_("Publish, subscribe"), "/shadow/get/{pk}/{dn}", _("Device shadow, to the device")),
    (_("Publish, subscribe"), "/ota/device/inform/{pk}/{dn}", _("Firmware version report")),
    (_("Publish, subscribe"), "/ota/device/upgrade/{pk}/{dn}", _("Firmware upgrade notice")),
    (_("Publish, subscribe"), "/ota/device/progress/{pk}/{dn}", _("Firmware upgrade progress")),
    (_("Subscribe"), "/broadcast/{pk}/#", _("Broadcasts to the product")),
    (_("Pushed"), "/ext/register", _("Answer to a pre-registered device: its DeviceSecret")),
    (
        _("Pushed"),
        "/ext/regnwl",
        _("Answer to a preregistration-free device: ClientID, DeviceToken"),
    ),
    (_("Pushed"), "/ext/notify", _("Notice that the same device has connected elsewhere")),
)


@register.inclusion_tag("devices/_topics.html")
def device_topics(product_key: str, device_name: str) -> dict[str, Any]:
    """`device_name` may be a placeholder, for the topics of a whole product."""
    rows = [
        (gettext(allowed), topic.format(pk=product_key, dn=device_name), gettext(use))
        for allowed, topic, use in _TOPICS
    ]
    return {"rows": rows}
