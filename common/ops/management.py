"""Base of the shell commands for people and scripts."""

import json
import sys
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.db import OperationalError, ProgrammingError

from common.crypto.encrypted_fields import DecryptionError
from common.errors import OperationError


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """Result of a command: `words` for people, `data` for `--json`. Either may be secret.

    `partly` says that not all was done, which the exit code 1 then tells too.
    """

    words: str
    data: Mapping[str, Any]
    partly: bool = False


class ShellCommand(BaseCommand):
    """Does one thing and says what came of it, in words or, with `--json`, as one JSON object.

    When it fails the exit code is 1; with `--json` the object on standard output is then
    `{"error": sentence, "field": the argument at fault or ""}`.
    """

    # A wrong setting elsewhere (an SMS provider, say) must not keep anybody from closing a switch
    # in an emergency.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_own_arguments(parser)
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    @abstractmethod
    def add_own_arguments(self, parser: CommandParser) -> None:
        """Declare what this command takes beyond `--json`."""

    @abstractmethod
    def act(self, options: Mapping[str, Any]) -> Answer:
        """Do it; raises OperationError or CommandError."""

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            answer = self.act(options)
        except (OperationError, CommandError, DecryptionError) as error:
            self._fail(str(error), getattr(error, "field", ""), options)
        except (OperationalError, ProgrammingError) as error:
            reason = str(error).partition("\n")[0]
            self._fail(
                f"The database cannot be used ({reason}). `manage.py migrate` prepares it.",
                "",
                options,
            )
        else:
            self.stdout.write(self._dump(answer.data) if options["json"] else answer.words)
            if answer.partly:
                sys.exit(1)

    def _fail(self, sentence: str, field_name: str, options: Mapping[str, Any]) -> None:
        if not options["json"]:
            raise CommandError(sentence)
        self.stdout.write(self._dump({"error": sentence, "field": field_name}))
        sys.exit(1)

    @staticmethod
    def _dump(data: Mapping[str, Any]) -> str:
        return json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False)
