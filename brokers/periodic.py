"""Periodic tasks for connections at brokers."""

from brokers.disconnect_round import anything_to_close, close_connections
from common.ops.periodic_tasks import PeriodicTask, register

register(
    PeriodicTask("closing connections at brokers", 0.25, close_connections, anything_to_close),
)
