"""Redaction of what a refused device sent: bounded, printable, of no use to a thief.

Of the password four characters and the length stay, which is enough to compare it with what the
firmware says it sent. Elsewhere, whatever could be a secret that got into the wrong place is cut
down the same way: values of unknown parameters, and anything shaped like a DeviceSecret or a
DeviceToken (protocol.md 5.1).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from protocol.validators import MAX_PARAMS

LONGEST = 256  # characters kept of a clientId or username
_KEPT = 4
_SHORT = 8  # characters; shorter values of unknown parameters are flags and versions

_SECRET = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{32}(?![A-Za-z0-9])")
# Parameters whose values are no secrets, from the SDKs' sources (protocol.md 1.2, 2.1).
_PUBLIC = {
    "securemode",
    "signmethod",
    "authType",
    "random",
    "timestamp",
    "instanceId",
    "lan",
    "ext",
    "_v",
    "_ss",
    "_conn",
    "gw",
    "sii",
    "os",
}
# Fields of an HTTPS registration that are no secrets, in the order of the SDKs (protocol.md 4.1).
_FORM_FIELDS = ("productKey", "deviceName", "random", "signMethod")


@dataclass(frozen=True, slots=True)
class Sent:
    """The fields of a CONNECT as they came; brokers do not tell the keepalive."""

    client_id: str = field(repr=False)
    username: str | None = field(repr=False)
    password: bytes | None = field(repr=False)
    keepalive: int | None = None

    def facts(self) -> dict[str, str]:
        """For the log; `passwordLength` is in bytes, and what was not sent is left out."""
        facts = {"clientId": shown_client_id(self.client_id)}
        if self.username is not None:
            facts["username"] = shown(self.username)
        if self.password is not None:
            facts["password"] = masked(self.password.decode("latin-1"))
            facts["passwordLength"] = str(len(self.password))
        if self.keepalive is not None:
            facts["keepalive"] = str(self.keepalive)
        return facts

    def content(self, signed: bytes) -> str:
        """Content to sign, which holds the clientId up to its first |."""
        base = self.client_id.partition("|")[0]
        return visible(signed.decode().replace(base, shown(base)))


@dataclass(frozen=True, slots=True)
class SentForm:
    """An HTTPS request as it came; `fields` are empty when its body was not read as a form."""

    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    method: str = "POST"
    content_type: str = ""

    @property
    def client_id(self) -> str:
        """A form has none."""
        return ""

    def facts(self) -> dict[str, str]:
        """For the log; `signLength` is in bytes, and what was not sent is left out."""
        facts = {name: shown(self.fields[name]) for name in _FORM_FIELDS if name in self.fields}
        if (sign := self.fields.get("sign")) is not None:
            facts |= {"sign": masked(sign), "signLength": str(len(sign.encode()))}
        others = [name for name in self.fields if name not in {*_FORM_FIELDS, "sign"}]
        if others:
            facts["otherFields"] = shown(", ".join(map(_shown_name, others)))
        if not self.fields:
            said = {"method": self.method, "contentType": self.content_type}
            facts |= {name: shown(value) for name, value in said.items() if value}
        return facts

    def content(self, signed: bytes) -> str:
        """Content to sign."""
        return visible(signed.decode())


def masked(secret: str) -> str:
    """Its first four characters, if it is long enough for them to tell nothing."""
    kept = secret[:_KEPT] if len(secret) > 2 * _SHORT else ""
    return visible(kept) + "…"


def shown(text: str) -> str:
    """`text` within bounds, without what looks like a secret."""
    return visible(_SECRET.sub(lambda found: masked(found[0]), text[:LONGEST]))


def shown_client_id(text: str) -> str:
    """A clientId with its parameters, without the values of unknown ones."""
    base, bar, block = text.partition("|")
    end = "|" if block.endswith("|") else ""
    tokens = block.removesuffix("|").split(",", MAX_PARAMS)[:MAX_PARAMS]
    return shown(base) + bar + shown(",".join(map(_shown_parameter, tokens))) + end


def visible(text: str) -> str:
    r"""Characters that do not print as their escapes: a newline as \n, a NUL as \x00."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _shown_name(name: str) -> str:
    """Shorten an unknown field's name; a body that is no form becomes one such field."""
    return name if len(name) <= 2 * _SHORT else masked(name)


def _shown_parameter(token: str) -> str:
    name, separator, value = token.partition("=")
    if name.strip() in _PUBLIC or len(value or name) <= _SHORT:
        return token
    return f"{name}={masked(value)}" if separator else masked(name)
