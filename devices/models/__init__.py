"""Devices, the ClientIDs issued to them, their sessions, revocations, the log, jobs, findings."""

from devices.models.batch import (
    CHECKED,
    PART_ROWS,
    RUNNING,
    BatchMethod,
    BatchPart,
    BatchState,
    DeviceBatch,
)
from devices.models.closing import BrokerClosing
from devices.models.count import DeviceCount
from devices.models.device import MAX_CLIENT_IDS, ClientBinding, Device, DeviceState, VoidReason
from devices.models.fleet import FleetImport, FleetPart, ImportState
from devices.models.session import ListenerProcess, Revocation, RevocationReason, Session

__all__ = [
    "CHECKED",
    "MAX_CLIENT_IDS",
    "PART_ROWS",
    "RUNNING",
    "BatchMethod",
    "BatchPart",
    "BatchState",
    "BrokerClosing",
    "ClientBinding",
    "Device",
    "DeviceBatch",
    "DeviceCount",
    "DeviceState",
    "FleetImport",
    "FleetPart",
    "ImportState",
    "ListenerProcess",
    "Revocation",
    "RevocationReason",
    "Session",
    "VoidReason",
]
