"""Lists of devices in the RPC API (console_api.md 3.6)."""

from imports.api import batches, imports
from operators.rpc_registry import Actions

ACTIONS = Actions(batches.ACTIONS | imports.ACTIONS)
