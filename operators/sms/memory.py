"""For tests: messages stay in this process."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    number: str
    text: str


outbox: list[Message] = []


def send(number: str, text: str) -> None:
    outbox.append(Message(number, text))
