"""`manage.py move_database --to postgres://…`: from SQLite to PostgreSQL."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError, CommandParser

from common.ops.env import EnvReader
from common.ops.management import Answer, ShellCommand
from iotconsole.transfer import CopyError
from iotconsole.transfer.sqlite_to_postgres import move

VARIABLE = "TARGET_DATABASE_URL"


class Command(ShellCommand):
    help = (
        "Copy everything from SQLite into an empty PostgreSQL database and compare every row. "
        "Stop what runs first. After a failure it can be run again."
    )

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--to",
            metavar="URL",
            help=f"postgres://user:password@host:5432/name; {VARIABLE} in the environment, or a "
            f"file that {VARIABLE}_FILE names, keeps it out of the list of processes",
        )

    def act(self, options: Mapping[str, Any]) -> Answer:
        url = options["to"] or EnvReader().text(VARIABLE, default="")
        if not url:
            raise CommandError(f"Say where to: --to or {VARIABLE}.")
        try:
            rows = move(url)
        except (CopyError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        words = (
            f"{sum(rows.values())} rows of {len(rows)} tables arrived as they were. Set "
            "DATABASE_URL to the new database and start again; the old one is unchanged."
        )
        return Answer(words, {"rows": dict(rows)})
