"""`manage.py reencrypt_secrets`: after FIELD_KEYS got a new first key."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from tqdm import tqdm

from devices.operations.rekey import needed_keys, reencrypt_secrets
from iotconsole.kit.commands import Answer, ShellCommand
from iotconsole.kit.fields import key_name


class Command(ShellCommand):
    help = (
        "Encrypt every stored secret with the first of FIELD_KEYS, while everything runs, and see "
        "that no other key is needed any more. May be interrupted and run again."
    )

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check",
            action="store_true",
            help="Change nothing; say how many secrets need which key. The exit code is 1 when one "
            "needs another than the first.",
        )

    def act(self, options: Mapping[str, Any]) -> Answer:
        return _checked() if options["check"] else _reencrypted()


def _reencrypted() -> Answer:
    with tqdm(unit="", desc="Looking at secrets", disable=None, leave=False) as bar:
        result = reencrypt_secrets(bar.update)
    first = key_name(settings.FIELD_KEYS[0])
    words = (
        f"Encrypted {result.changed} of {result.secrets} secrets with the first key ({first}); no "
        "other key is needed any more."
    )
    if len(settings.FIELD_KEYS) > 1:
        words += (
            " Take the others out of FIELD_KEYS when every process has been restarted with this "
            "key in front; `reencrypt_secrets --check` says whether one still writes with another."
        )
    data = {"reencrypted": result.changed, "secrets": result.secrets, "key": first}
    return Answer(words, data)


def _checked() -> Answer:
    needed = needed_keys()
    places = {key_name(key): number for number, key in enumerate(settings.FIELD_KEYS, start=1)}
    first = key_name(settings.FIELD_KEYS[0])
    lines = [
        f"{count} secrets need key {places[name]} of FIELD_KEYS ({name})."
        if name
        else f"{count} secrets fit none of FIELD_KEYS."
        for name, count in sorted(needed.items(), key=lambda pair: places.get(pair[0], 0))
    ]
    others = sum(count for name, count in needed.items() if name != first)
    lines.append("Only the first key is needed." if not others else "Do not take a key out yet.")
    return Answer("\n".join(lines), {"key": first, "needed": needed}, partly=others > 0)
