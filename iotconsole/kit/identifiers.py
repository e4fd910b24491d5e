"""Random identifiers in the alphabets devices and operators can read back, from `secrets`."""

import secrets
import string

ALPHANUMERIC = string.ascii_letters + string.digits


def alphanumeric(length: int) -> str:
    """`length` characters of A-Z, a-z, 0-9, each drawn from the operating system's generator."""
    return "".join(secrets.choice(ALPHANUMERIC) for _ in range(length))


def trace_id() -> str:
    """16 hex digits that tie together the log entries of one connection."""
    return secrets.token_hex(8)
