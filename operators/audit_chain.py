"""Hash chain of the audit trail: each entry's hash covers the hash before it.

Pure: the migration that chains old entries, the writer and the verifier share it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from typing import Any

# What the first entry follows.
START = "0" * 64


@dataclass(frozen=True, slots=True)
class Content:
    """Everything an entry says. `number` counts from 1 without gaps."""

    number: int
    at: datetime
    operator_id: int | None
    origin: str
    address: str | None
    act: str
    target: str
    summary: str
    facts: Mapping[str, Any]

    def hash_after(self, previous: str) -> str:
        """SHA-256, as 64 hex digits, over this content and the hash of the entry before."""
        said = (previous, *astuple(self))
        text = json.dumps(
            said, default=_instant, ensure_ascii=True, sort_keys=True, separators=(",", ":")
        )
        return hashlib.sha256(text.encode()).hexdigest()


def _instant(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    raise TypeError(f"an audit entry holds no {type(value).__name__}")
