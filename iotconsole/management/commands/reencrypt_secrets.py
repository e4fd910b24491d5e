"""`manage.py reencrypt_secrets`: after FIELD_KEYS got a new first key."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from tqdm import tqdm

from common.crypto.encrypted_fields import key_name
from common.ops.management import Answer, ShellCommand
from iotconsole.secret_rotation import needed_keys, reencrypt_secrets


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
    data = {"key": first, "reencrypted": result.changed, "secrets": result.secrets}
    words = (
        f"Encrypted {result.changed} secrets with the first key ({first}); there are "
        f"{result.secrets}. "
    )
    if result.outdated:
        words += (
            f"But {result.outdated} were written with another key meanwhile: some process has "
            "another one in front. Restart it with this one in front, and run this again."
        )
    elif len(settings.FIELD_KEYS) > 1:
        words += (
            "None needs another key now. Take the others out when every process has been restarted "
            "with this one in front, and `reencrypt_secrets --check` still finds none that does."
        )
    else:
        words += "None needs another key."
    return Answer(words, {**data, "outdated": result.outdated}, partly=result.outdated > 0)


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
