"""Devices, the ClientIDs issued to them, their sessions, revocations, the log, and jobs."""

from devices.models.device import MAX_CLIENT_IDS, ClientBinding, Device, DeviceState, VoidReason
from devices.models.job import LIVE, Job, JobPart, JobState, Round
from devices.models.log import LogEntry, ServiceType
from devices.models.session import ListenerProcess, Revocation, RevocationReason, Session
from devices.models.tally import LogCursor, LogTally

__all__ = [
    "LIVE",
    "MAX_CLIENT_IDS",
    "ClientBinding",
    "Device",
    "DeviceState",
    "Job",
    "JobPart",
    "JobState",
    "ListenerProcess",
    "LogCursor",
    "LogEntry",
    "LogTally",
    "Revocation",
    "RevocationReason",
    "Round",
    "ServiceType",
    "Session",
    "VoidReason",
]
