"""Fields of a request to the RPC API, from its query and its form body."""

import re
from collections.abc import Iterable

# 10,000 devices with an alias and a secret each have about three times as many fields.
MOST_FIELDS = 50_000

Pair = tuple[str, str]
_ESCAPES = re.compile("(?:%[0-9A-Fa-f]{2})+")


class RpcError(Exception):
    """Refusal by the platform's gateway before any action sees the call.

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
    """The decoded fields, `+` as a space: those of `parse_qsl`, which takes six times as long."""
    if text.count("&") >= MOST_FIELDS:
        raise invalid("Parameter", "There are too many parameters.")
    fields = (field.replace("+", " ").partition("=") for field in text.split("&") if field)
    try:
        return [(_unquoted(name), _unquoted(value)) for name, _, value in fields]
    except UnicodeDecodeError:
        raise not_utf8() from None


def _unquoted(text: str) -> str:
    """Each run of escapes decoded at once; UnicodeDecodeError when it is not UTF-8."""
    if "%" not in text:
        return text
    return _ESCAPES.sub(lambda run: bytes.fromhex(run[0].replace("%", "")).decode(), text)


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
    """Return what an error may repeat of a parameter's name."""
    return name if re.fullmatch(r"[\w.-]{1,64}", name, re.ASCII) else "Parameter"


def not_utf8() -> RpcError:
    return invalid("Parameter", "It is not UTF-8.")
