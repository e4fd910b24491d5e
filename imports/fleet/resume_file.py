"""The cloud's answers so far, on disk, so that an interrupted import does not ask again.

Every answer is encrypted: they hold the secrets of a whole fleet.
"""

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any, Self

from common.crypto.encrypted_fields import DecryptionError, decrypt_bytes, encrypt_bytes

# What is older says little about the fleet any more.
KEPT_SECONDS = 24 * 3600
_DIGEST = 64


class Journal:
    """Append-only; a line is the digest of a question, a space and the encrypted answer."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._places: dict[bytes, int] = {}

    @classmethod
    def of(cls, directory: Path, source: str) -> Self:
        """That of this source, a text without any secret."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        journal = cls(directory / f"{hashlib.sha256(source.encode()).hexdigest()[:16]}.answers")
        journal._open()
        return journal

    def get(self, question: str) -> Any:
        """The answer that was noted, or None."""
        place = self._places.get(_digest(question))
        if place is None:
            return None
        with self._file.open("rb") as file:
            file.seek(place + _DIGEST + 1)
            try:
                return json.loads(decrypt_bytes(file.readline().rstrip()))
            except (DecryptionError, ValueError):
                return None  # the key has changed, or the line was never finished

    def note(self, question: str, answer: Any) -> None:
        digest = _digest(question)
        with open(self._file, "ab", opener=_for_owner_only) as file:
            self._places[digest] = file.tell()
            file.write(digest + b" " + encrypt_bytes(json.dumps(answer).encode()) + b"\n")

    def forget(self) -> None:
        self._file.unlink(missing_ok=True)
        self._places.clear()

    def __len__(self) -> int:
        return len(self._places)

    def _open(self) -> None:
        if not self._file.exists():
            return None
        if time.time() - self._file.stat().st_mtime > KEPT_SECONDS:
            return self.forget()
        place = 0
        with self._file.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break  # killed while it was written
                self._places[line[:_DIGEST]] = place
                place += len(line)
        os.truncate(self._file, place)
        return None


def _digest(question: str) -> bytes:
    return hashlib.sha256(question.encode()).hexdigest().encode()


def _for_owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
