"""Fields of a request to the RPC API, from its query and its form body."""

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl

# 10,000 devices with an alias and a secret each have about three times as many fields.
MOST_FIELDS = 50_000

Pair = tuple[str, str]


class RpcError(Exception):
    """What the platform's gateway refuses before any action sees it.

    `code` and `message` go into the answer's body, `status` is the HTTP status.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.status = status


def missing(name: str) -> RpcError:
    return RpcError(f"Missing{name}", f"{name} is mandatory for this action.")


def invalid(name: str, why: str = "") -> RpcError:
    message = f"The specified parameter {name} is not valid."
    return RpcError(f"Invalid{name}", f"{message} {why}".rstrip())


def pairs_of(text: str) -> list[Pair]:
    """The decoded fields, `+` as a space."""
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError:
        raise not_utf8() from None
    except ValueError:
        raise invalid("Parameter", "There are too many parameters.") from None


def pairs_of_body(body: bytes) -> list[Pair]:
    try:
        return pairs_of(body.decode())
    except UnicodeDecodeError:
        raise not_utf8() from None


def once(pairs: Iterable[Pair]) -> dict[str, str]:
    """A parameter that came twice may have been meant either way, so it is refused.

    So is a NUL, which no database keeps.
    """
    values: dict[str, str] = {}
    for name, value in pairs:
        if name in values:
            raise invalid(label(name), "It was given more than once.")
        if "\0" in value:
            raise invalid(label(name))
        values[name] = value
    return values


def label(name: str) -> str:
    """What an error may repeat of a parameter's name."""
    return name if re.fullmatch(r"[\w.-]{1,64}", name, re.ASCII) else "Parameter"


def not_utf8() -> RpcError:
    return invalid("Parameter", "It is not UTF-8.")
