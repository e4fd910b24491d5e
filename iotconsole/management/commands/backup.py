"""`manage.py backup FILE`: the whole installation in one file, while everything runs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from common.ops.management import Answer, ShellCommand
from iotconsole.transfer import CopyError
from iotconsole.transfer.backup import back_up


class Command(ShellCommand):
    help = (
        "Write database, keys and certificates to one file, while everything runs. Who has the "
        "file has every secret: keep it as safe as this machine."
    )

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="must not exist yet")

    def act(self, options: Mapping[str, Any]) -> Answer:
        file: Path = options["file"].absolute()
        try:
            report = back_up(file, settings.DATA_DIR)
        except CopyError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from error
        words = [f"{report.total} rows of {len(report.rows)} tables are in {file}."]
        if "secrets.env" in report.files:
            words.append("It holds the keys to every secret, too: keep it as safe as this machine.")
        else:
            words.append("The keys came from the environment and are NOT in it: keep them as well.")
        return Answer("\n".join(words), {"rows": dict(report.rows), "files": report.files})
