"""Actor of an operation. Every operation that changes something for a person takes one."""

from dataclasses import dataclass

from operators.actor_labels import kept_name
from operators.models import Operator


@dataclass(frozen=True, slots=True)
class Actor:
    """`origin` is console, shell, api or system.

    Only the shell, the server by itself (a window that closes, say), and an access key made in
    the shell act without an operator. `access_key` is the label of the key the API was called
    with, which outlives the key: see AccessKey.label.
    """

    origin: str
    operator: Operator | None = None
    address: str | None = None
    access_key: str = ""

    def __post_init__(self) -> None:
        if (self.origin == "api") != bool(self.access_key):
            raise ValueError("the API is called with an access key, and nothing else is")
        if self.operator is None and self.origin not in {"shell", "system", "api"}:
            raise ValueError("only the shell, the server itself and a key act without an operator")

    def __str__(self) -> str:
        return kept_name(self.origin, self.operator, self.access_key)


SHELL = Actor(origin="shell")
SYSTEM = Actor(origin="system")
