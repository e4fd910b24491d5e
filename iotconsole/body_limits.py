"""How many bytes of body a request may bring, before any of it is read."""

from typing import Any


def body_limit(environ: dict[str, Any]) -> int:
    return 8 * 1024 * 1024
