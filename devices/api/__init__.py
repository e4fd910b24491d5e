"""Devices in the RPC API (console_api.md 3.6): its actions, by what they are about."""

from devices.api import client_ids, details, lists, manage
from operators.rpc_registry import Actions

ACTIONS = Actions(details.ACTIONS | lists.ACTIONS | manage.ACTIONS | client_ids.ACTIONS)
