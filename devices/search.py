"""Devices by what an operator has at hand: the start of a name, an IotId, a ClientID. Read only."""

from django.db.models import Q, QuerySet

from devices.models import ClientBinding, Device

# Shorter beginnings fit too many to be of use, and identifiers are looked up whole.
IDENTIFIER_LENGTH = 20


def find_devices(devices: QuerySet[Device], text: str, *, most: int) -> list[Device]:
    """At most `most` of `devices`: an exact identifier first, else names in alphabetical order."""
    return _by_identifier(devices, text) or list(
        devices.filter(device_name__startswith=text).order_by("device_name")[:most]
    )


def _by_identifier(devices: QuerySet[Device], text: str) -> list[Device]:
    if len(text) < IDENTIFIER_LENGTH or not text.isalnum():
        return []
    issued = ClientBinding.objects.filter(client_id=text).values("device_id")
    return list(devices.filter(Q(iot_id=text) | Q(pk__in=issued))[:1])
