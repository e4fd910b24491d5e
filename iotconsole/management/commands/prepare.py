"""manage.py prepare: everything `serve` needs, done as often as one likes."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from common.ops.files import locked

OPERATOR = "ensure_operator"
STEPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("migrate", {"interactive": False, "verbosity": 0}),
    ("collectstatic", {"interactive": False, "verbosity": 0}),
    ("certificates", {}),
    (OPERATOR, {}),
)


class Command(BaseCommand):
    help = "Bring database, static files, certificates and the first operator up to date."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--no-operator",
            action="store_true",
            help="make no account: its password would be printed, here perhaps into a log",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # Two at once would make the same tables.
        with locked(settings.DATA_DIR):
            try:
                for name, arguments in STEPS:
                    if name != OPERATOR or not options["no_operator"]:
                        call_command(name, **arguments)
            except OperationalError as error:
                raise CommandError(f"The database of DATABASE_URL: {error}") from error
