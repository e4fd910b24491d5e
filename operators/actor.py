"""Who is acting. Every operation that changes something for a person takes one."""

from dataclasses import dataclass

from operators.models import Operator


@dataclass(frozen=True, slots=True)
class Actor:
    """`origin` is console, shell, api or system.

    Only the shell, and the server by itself (a window that closes, say), act without an operator.
    """

    origin: str
    operator: Operator | None = None
    address: str | None = None

    def __post_init__(self) -> None:
        if self.operator is None and self.origin not in {"shell", "system"}:
            raise ValueError("only the shell and the server itself act without an operator")

    def __str__(self) -> str:
        return self.operator.get_username() if self.operator else self.origin


SHELL = Actor(origin="shell")
SYSTEM = Actor(origin="system")
