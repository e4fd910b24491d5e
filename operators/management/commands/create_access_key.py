"""`manage.py create_access_key NAME`: what a back end signs its requests to the API with."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError, CommandParser

from common.ops.management import Answer, ShellCommand
from operators.actor import SHELL
from operators.models import AccessKey, AccessKeyScope, Operator
from operators.operations.access_keys import create_access_key


class Command(ShellCommand):
    help = "Create an access key for the RPC API and print its secret once."

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="What it is for; no other key has it.")
        parser.add_argument(
            "--scope",
            choices=AccessKeyScope.values,
            default=AccessKeyScope.EVERYTHING,
            help="read: looks. devices: also adds and changes devices. everything: the default.",
        )
        parser.add_argument(
            "--operator",
            metavar="USERNAME",
            help="It may do no more than this account may; without one, it sees every product.",
        )

    def act(self, options: Mapping[str, Any]) -> Answer:
        scope = AccessKeyScope(options["scope"])
        key = create_access_key(SHELL, options["name"], scope, _operator(options["operator"]))
        return Answer(_words(key), _data(key))


def _operator(username: str | None) -> Operator | None:
    if username is None:
        return None
    operator = Operator.objects.filter(username=username).first()
    if operator is None:
        raise CommandError(f"There is no account {username}.")
    return operator


def _words(key: AccessKey) -> str:
    return (
        f"Created access key {key.name}, scope {key.scope}.\n"
        f"AccessKeyId:     {key.access_key_id}\n"
        f"AccessKeySecret: {key.secret}   (shown only now)"
    )


def _data(key: AccessKey) -> dict[str, str]:
    return {
        "access_key_id": key.access_key_id,
        "access_key_secret": key.secret,
        "name": key.name,
        "scope": str(key.scope),
    }
