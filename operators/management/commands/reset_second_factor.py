"""`manage.py reset_second_factor USERNAME`: for somebody who has lost phone and authenticator."""

import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from typing import Any

from django.core.management.base import CommandError, CommandParser

from common.ops.management import Answer, ShellCommand
from operators.actor import SHELL
from operators.models import Operator
from operators.operations import second_factor


class Command(ShellCommand):
    help = (
        "Remove phone, authenticator and backup codes of an account and sign it out everywhere. "
        "Its password alone then sets up a new second factor."
    )

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", metavar="USERNAME")

    def act(self, options: Mapping[str, Any]) -> Answer:
        username = options["username"]
        account = Operator.objects.filter(username=username).first()
        if account is None:
            raise CommandError(f"There is no account {username}.")
        # SMS_BACKEND=console prints the notice, which is no part of the answer.
        with redirect_stdout(sys.stderr):
            second_factor.reset(SHELL, account.pk)
        words = f"Reset the second factor of {username}; signed out everywhere."
        return Answer(words, {"username": username})
