"""Periodic tasks for Dynamic Registration."""

from common.ops.periodic_tasks import PeriodicTask, register
from registration.operations.dynamic_registration import close_ended_windows
from registration.operations.rotate_secret import forget_ended_secrets

register(
    PeriodicTask("registration windows", 5, close_ended_windows),
    PeriodicTask("old ProductSecrets", 60, forget_ended_secrets),
)
