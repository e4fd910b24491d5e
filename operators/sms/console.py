"""The embedded default: no provider. The code appears in the server's terminal and on a page.

Console and listener are several processes, so the last messages are kept in a file that only
the server's own user can read. Messages older than a code lives are dropped.
"""

import fcntl
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

from django.conf import settings
from django.utils import timezone

KEEP = 20
KEEP_FOR = timedelta(minutes=10)


@dataclass(frozen=True)
class Message:
    at: datetime
    number: str
    text: str = field(repr=False)
    account: int = 0  # the operator it is for; 0 is nobody


def send(number: str, text: str, account: int) -> None:
    """Show the message in the terminal and keep it for the development page."""
    sys.stdout.write(f"\n[SMS to {number}] {text}\n\n")
    sys.stdout.flush()
    with _locked_file() as file:
        kept = [*_fresh(file), Message(timezone.now(), number, text, account)][-KEEP:]
        file.seek(0)
        file.truncate()
        file.writelines(_line(message) for message in kept)


def messages_for(account: int) -> list[Message]:
    """The last messages of one operator, newest first."""
    with _locked_file() as file:
        return [message for message in _fresh(file)[::-1] if message.account == account]


def _path() -> Path:
    return Path(settings.DATA_DIR) / "development-sms.jsonl"


@contextmanager
def _locked_file() -> Iterator[TextIO]:
    # Several worker processes write; the mode is set at creation, so that it is never wider.
    descriptor = os.open(_path(), os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _fresh(file: TextIO) -> list[Message]:
    file.seek(0)
    since = timezone.now() - KEEP_FOR
    parsed = (_parse(line) for line in file)
    return [message for message in parsed if message.at > since]


def _line(message: Message) -> str:
    return json.dumps({**asdict(message), "at": message.at.timestamp()}) + "\n"


def _parse(line: str) -> Message:
    fields = json.loads(line)
    at = datetime.fromtimestamp(fields["at"], UTC)
    return Message(at, fields["number"], fields["text"], fields.get("account", 0))
