"""Devices, the ClientIDs issued to them, their sessions, revocations and the log."""

from devices.models.device import MAX_CLIENT_IDS, ClientBinding, Device, DeviceState, VoidReason
from devices.models.log import LogEntry, ServiceType
from devices.models.session import ListenerProcess, Revocation, RevocationReason, Session

__all__ = [
    "MAX_CLIENT_IDS",
    "ClientBinding",
    "Device",
    "DeviceState",
    "ListenerProcess",
    "LogEntry",
    "Revocation",
    "RevocationReason",
    "ServiceType",
    "Session",
    "VoidReason",
]
