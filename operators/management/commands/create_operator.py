"""`manage.py create_operator USERNAME`: a new account, its random password printed once."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from operators.models import Role
from operators.operations import accounts


class Command(BaseCommand):
    help = "Create an account of the console and print its random password once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--role", choices=Role.values, default=Role.OPERATOR)
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="read the password from the first line of standard input",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        given = sys.stdin.readline().rstrip("\r\n") if options["password_stdin"] else None
        password = accounts.random_password() if given is None else given
        try:
            accounts.create(options["username"], Role(options["role"]), password)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"Created {options['role']} {options['username']}.")
        if given is None:
            self.stdout.write(f"Password (shown only now): {password}")
