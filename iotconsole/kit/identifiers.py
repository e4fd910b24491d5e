"""Random identifiers in the alphabets devices and operators can read back, from `secrets`."""

import secrets
import string

ALPHANUMERIC = string.ascii_letters + string.digits


# Bytes from here on would make the first letters likelier than the last, and are thrown away.
_UNBIASED = 256 - 256 % len(ALPHANUMERIC)


def alphanumeric(length: int) -> str:
    """`length` characters of A-Z, a-z, 0-9, each equally likely, from the system's generator.

    One read gives all of them: `secrets.choice` for each made a third of a registration's cost.
    """
    chars: list[str] = []
    while len(chars) < length:
        drawn = secrets.token_bytes(length + 8)
        chars += [ALPHANUMERIC[byte % len(ALPHANUMERIC)] for byte in drawn if byte < _UNBIASED]
    return "".join(chars[:length])


def trace_id() -> str:
    """16 hex digits that name one connection."""
    return secrets.token_hex(8)
