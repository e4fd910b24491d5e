"""The topics a device may use (protocol.md 5.4)."""

from typing import Any

from django import template

register = template.Library()

# Operations allowed, topic, what the platform's SDKs use it for.
_TOPICS = (
    ("Publish, subscribe", "/{pk}/{dn}/user/#", "Topics of your own"),
    ("Publish, subscribe", "/sys/{pk}/{dn}/#", "Properties, events, services, configuration"),
    ("Publish, subscribe", "/ext/ntp/{pk}/{dn}/#", "Time synchronisation"),
    ("Publish, subscribe", "/shadow/update/{pk}/{dn}", "Device shadow, to the server"),
    ("Publish, subscribe", "/shadow/get/{pk}/{dn}", "Device shadow, to the device"),
    ("Publish, subscribe", "/ota/device/inform/{pk}/{dn}", "Firmware version report"),
    ("Publish, subscribe", "/ota/device/upgrade/{pk}/{dn}", "Firmware upgrade notice"),
    ("Publish, subscribe", "/ota/device/progress/{pk}/{dn}", "Firmware upgrade progress"),
    ("Subscribe", "/broadcast/{pk}/#", "Broadcasts to the product"),
    ("Pushed", "/ext/register", "Answer to a pre-registered device: its DeviceSecret"),
    ("Pushed", "/ext/regnwl", "Answer to a preregistration-free device: ClientID, DeviceToken"),
    ("Pushed", "/ext/notify", "Notice that the same device has connected elsewhere"),
)


@register.inclusion_tag("devices/_topics.html")
def device_topics(product_key: str, device_name: str) -> dict[str, Any]:
    """`device_name` may be a placeholder, for the topics of a whole product."""
    rows = [
        (allowed, topic.format(pk=product_key, dn=device_name), use)
        for allowed, topic, use in _TOPICS
    ]
    return {"rows": rows}
