"""What a reason consists of."""

from dataclasses import dataclass

from common.text.stored_messages import translated


@dataclass(frozen=True, slots=True)
class Reason:
    """`code` is what the log and the API show; `next_step` tells the operator what to do.

    The words are kept in English and read in the language of whoever asks.
    """

    key: str
    code: str
    title_id: str
    explanation_id: str
    next_step_id: str = ""

    @property
    def title(self) -> str:
        return translated(self.title_id)

    @property
    def explanation(self) -> str:
        return translated(self.explanation_id)

    @property
    def next_step(self) -> str:
        return translated(self.next_step_id)
