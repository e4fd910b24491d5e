"""Random identifiers in the alphabets devices and operators can read back, from `secrets`."""

import secrets
import string

ALPHANUMERIC = string.ascii_letters + string.digits


def alphanumeric(length: int) -> str:
    """`length` characters of A-Z, a-z, 0-9, each equally likely, from the system's generator."""
    return _ALPHANUMERICS.draw(length)


def digits(length: int) -> str:
    """The same of 0-9."""
    return _DIGITS.draw(length)


class _Alphabet:
    """One read of the generator gives all characters: `secrets.choice` for each made a third of a
    registration's cost."""

    def __init__(self, characters: str) -> None:
        count = len(characters)
        # Bytes from here on would make the first characters likelier than the last.
        unbiased = 256 - 256 % count
        self._table = bytes(ord(characters[byte % count]) for byte in range(256))
        self._biased = bytes(range(unbiased, 256))

    def draw(self, length: int) -> str:
        drawn = b""
        while len(drawn) < length:
            drawn += secrets.token_bytes(length + 8).translate(self._table, self._biased)
        return drawn[:length].decode()


_ALPHANUMERICS, _DIGITS = _Alphabet(ALPHANUMERIC), _Alphabet(string.digits)


def trace_id() -> str:
    """16 hex digits that name one connection."""
    return secrets.token_hex(8)
