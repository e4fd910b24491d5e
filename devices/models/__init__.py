"""Devices, the ClientIDs issued to them, their sessions, revocations, the log, jobs, findings."""

from devices.models.closing import BrokerClosing
from devices.models.count import DeviceCount
from devices.models.device import MAX_CLIENT_IDS, ClientBinding, Device, DeviceState, VoidReason
from devices.models.session import ListenerProcess, Revocation, RevocationReason, Session

__all__ = [
    "MAX_CLIENT_IDS",
    "BrokerClosing",
    "ClientBinding",
    "Device",
    "DeviceCount",
    "DeviceState",
    "ListenerProcess",
    "Revocation",
    "RevocationReason",
    "Session",
    "VoidReason",
]
