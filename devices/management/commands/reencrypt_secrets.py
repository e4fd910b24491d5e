"""`manage.py reencrypt_secrets`: after FIELD_KEYS got a new first key."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from devices.operations.rekey import reencrypt_secrets
from iotconsole.kit.commands import Answer, ShellCommand


class Command(ShellCommand):
    help = "Encrypt every stored secret with the first of FIELD_KEYS, while everything runs."

    def add_own_arguments(self, parser: CommandParser) -> None:
        pass

    def act(self, options: Mapping[str, Any]) -> Answer:
        done = reencrypt_secrets()
        return Answer(f"Encrypted {done} secrets with the first key.", {"reencrypted": done})
