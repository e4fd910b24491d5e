"""`manage.py access_keys`: which there are; and switching one off when there is no time to lose."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db.models import Q

from common.ops.management import Answer, ShellCommand
from operators.actor import SHELL
from operators.models import AccessKey
from operators.operations.access_keys import delete_access_key, set_access_key_enabled


class Command(ShellCommand):
    help = "List the access keys of the RPC API; enable, disable or delete one."

    def add_own_arguments(self, parser: CommandParser) -> None:
        actions = ["list", "enable", "disable", "delete"]
        parser.add_argument("action", choices=actions, nargs="?", default="list")
        parser.add_argument("key", metavar="KEY", nargs="?", help="AccessKeyId or name.")

    def act(self, options: Mapping[str, Any]) -> Answer:
        action, wanted = options["action"], options["key"]
        if (action == "list") == bool(wanted):
            raise CommandError("Every action but `list` takes a KEY: AccessKeyId or name.")
        if action == "list":
            return _listed()
        key = _found(wanted)
        if action == "delete":
            delete_access_key(SHELL, key.access_key_id)
        else:
            set_access_key_enabled(SHELL, key.access_key_id, enabled=action == "enable")
        data = {"action": action, "access_key_id": key.access_key_id, "name": key.name}
        return Answer(f"{action.capitalize()}d access key {key.label}.", data)


def _found(wanted: str) -> AccessKey:
    """An AccessKeyId before a name: somebody may have named a key after another."""
    keys = AccessKey.objects.defer("secret").filter(Q(access_key_id=wanted) | Q(name=wanted))
    key = max(keys, key=lambda key: key.access_key_id == wanted, default=None)
    if key is None:
        raise CommandError(f"There is no access key {wanted}.")
    return key


def _listed() -> Answer:
    keys = AccessKey.objects.defer("secret").select_related("operator").order_by("name")
    rows = [_data(key) for key in keys]
    words = "\n".join(map(_line, keys)) or "There is no access key."
    return Answer(words, {"access_keys": rows})


def _line(key: AccessKey) -> str:
    used = f"last used {key.last_used_at:%Y-%m-%d %H:%M %Z}" if key.last_used_at else "never used"
    state = "enabled" if key.enabled else "disabled"
    return f"{key.access_key_id}  {state:<8}  {key.scope:<10}  {key.name}, {_owner(key)}, {used}"


def _owner(key: AccessKey) -> str:
    return f"of {key.operator.get_username()}" if key.operator else "of nobody: every product"


def _data(key: AccessKey) -> dict[str, Any]:
    return {
        "access_key_id": key.access_key_id,
        "name": key.name,
        "scope": key.scope,
        "enabled": key.enabled,
        "operator": key.operator.get_username() if key.operator else None,
        "created_at": key.created_at,
        "last_used_at": key.last_used_at,
        "last_used_address": key.last_used_address,
    }
