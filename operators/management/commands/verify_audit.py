"""`manage.py verify_audit`: whether the audit trail is still what was written."""

import sys
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from common.ops.management import Answer, ShellCommand
from operators.audit_verify import Verdict, verify


class Command(ShellCommand):
    help = (
        "Follow the audit trail from its first entry: every entry's hash covers the one before. "
        "Exit code 1 when an entry was changed, removed, inserted or cut off."
    )

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--expect",
            metavar="HASH",
            default="",
            help="a hash this command printed earlier, which has to be in the trail still",
        )

    def act(self, options: Mapping[str, Any]) -> Answer:
        verdict = verify(options["expect"].strip().lower())
        self.holds = verdict.broken is None
        return Answer(_words(verdict), verdict.data)

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if not self.holds:
            sys.exit(1)


def _words(verdict: Verdict) -> str:
    held = f"{verdict.count} audit entries hold."
    if verdict.broken:
        return f"{held} Then the trail is broken: {verdict.broken.words}"
    return f"{held} Keep this elsewhere to compare with --expect: {verdict.hash}"
