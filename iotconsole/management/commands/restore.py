"""`manage.py restore FILE`: a backup into an empty installation."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from common.ops.files import locked
from common.ops.management import Answer, ShellCommand
from iotconsole.transfer import CopyError
from iotconsole.transfer.backup import restore


class Command(ShellCommand):
    help = (
        "Fill an empty installation from the file of `backup`: database, keys and certificates. "
        "All rows are read back, every secret is opened and the audit trail followed before "
        "anything counts."
    )

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")

    def act(self, options: Mapping[str, Any]) -> Answer:
        try:
            # A start at the same moment would make an operator of its own.
            with locked(settings.DATA_DIR):
                report = restore(options["file"], settings.DATA_DIR)
        except CopyError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"DATA_DIR cannot be written: {error.strerror}.") from error
        words = (
            f"Restored {report.total} rows and {', '.join(report.files) or 'no files'}: counts and "
            "contents agree, every secret opens, the audit trail holds."
        )
        return Answer(words, {"rows": dict(report.rows), "files": report.files})
