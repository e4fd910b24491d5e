"""Parameters of an RPC call, read as what they should be.

What is missing or of the wrong type is refused in the platform's words (console_api.md 3.4):
`MissingProductKey`, `InvalidPageSize`.
"""

import re
from collections.abc import Mapping

_INTEGER = re.compile(r"-?[0-9]{1,18}")
# Written in one way alone: 01 could be meant to be another 1.
_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")
_BOOLEANS = {"true": True, "false": False}


class GatewayError(Exception):
    """Refused before the action did anything: `code` and `message` with HTTP `status`."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.status = status


def missing(name: str) -> GatewayError:
    return GatewayError(f"Missing{name}", f"{name} is mandatory for this action.")


def invalid(name: str, why: str = "") -> GatewayError:
    text = f"The specified parameter {name} is not valid."
    return GatewayError(f"Invalid{name}", f"{text} {why}".rstrip())


class Parameters:
    """By name, as text. Lists have names with a number, from 1: `DeviceName.1`, `DeviceName.2`."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def __contains__(self, name: str) -> bool:
        """Whether it was given, and not empty."""
        return bool(self._values.get(name))

    def text(self, name: str, default: str = "") -> str:
        return self._values.get(name) or default

    def required(self, name: str) -> str:
        value = self._values.get(name)
        if not value:
            raise missing(name)
        return value

    def integer(self, name: str, default: int) -> int:
        """A whole number of at most 18 digits."""
        text = self._values.get(name)
        if not text:
            return default
        if not _INTEGER.fullmatch(text):
            raise invalid(name, "It is a whole number.")
        return int(text)

    def boolean(self, name: str, *, default: bool = False) -> bool:
        """In any case: Python clients send `True`."""
        text = self._values.get(name)
        if not text:
            return default
        if text.lower() not in _BOOLEANS:
            raise invalid(name, "It is true or false.")
        return _BOOLEANS[text.lower()]

    def listed(self, name: str, *, most: int) -> list[str]:
        """The values of `name.1`, `name.2`, … in the order of their numbers."""
        return [record[""] for record in self.records(name, most=most) if "" in record]

    def records(self, name: str, *, most: int) -> list[dict[str, str]]:
        """`name.1.Field`, … as one mapping per number; a value without a field is under ""."""
        found: dict[int, dict[str, str]] = {}
        for full, value in self._values.items():
            if full.startswith(f"{name}."):
                number, _, field = full.removeprefix(f"{name}.").partition(".")
                if not _NUMBER.fullmatch(number):
                    raise invalid(name, "Its elements are numbered from 1.")
                found.setdefault(int(number), {})[field] = value
        if len(found) > most:
            raise invalid(name, f"It has more than {most:,} elements.")
        return [found[number] for number in sorted(found)]
