"""`manage.py prune_logs`: run it daily."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from common.ops.management import Answer, ShellCommand
from logs.operations.prune import prune_log


class Command(ShellCommand):
    help = "Delete log entries older than LOG_RETENTION_DAYS."

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--days",
            type=int,
            default=settings.LOG_RETENTION_DAYS,
            help="Keep this many days instead (now: %(default)s).",
        )

    def act(self, options: Mapping[str, Any]) -> Answer:
        days: int = options["days"]
        if not 1 <= days <= 36500:
            raise CommandError("--days must be between 1 and 36500.")
        before = timezone.now() - timedelta(days=days)
        deleted = prune_log(before)
        words = f"Deleted {deleted} log entries older than {before:%Y-%m-%d %H:%M %Z}."
        return Answer(words, {"deleted": deleted, "before": before})
