"""`manage.py ensure_operator`: at first run an operator `admin`, later nothing."""

from typing import Any

from django.core.management.base import BaseCommand

from operators.operations import accounts


class Command(BaseCommand):
    help = "Create the operator `admin` and print its password once, unless there is an account."

    def handle(self, *_: Any, **__: Any) -> None:
        password = accounts.ensure_first()
        if password is not None:
            self.stdout.write(
                f"\nFirst run: sign in as {accounts.FIRST} with the password {password}\n"
                "It is shown only now. Change it in the console's settings.\n"
            )
