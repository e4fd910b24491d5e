"""Devices, the ClientIDs issued to them, their sessions, revocations and the log."""

from devices.models.device import MAX_CLIENT_IDS, ClientBinding, Device, DeviceState, VoidReason
from devices.models.log import LogEntry, ServiceType
from devices.models.session import ListenerProcess, Revocation, RevocationReason, Session
from devices.models.tally import LogCursor, LogTally

__all__ = [
    "MAX_CLIENT_IDS",
    "ClientBinding",
    "Device",
    "DeviceState",
    "ListenerProcess",
    "LogCursor",
    "LogEntry",
    "LogTally",
    "Revocation",
    "RevocationReason",
    "ServiceType",
    "Session",
    "VoidReason",
]
