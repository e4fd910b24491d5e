"""What an operator's wish can fail with. The text is for the operator."""


class OperationError(Exception):
    """`field` names the form field or parameter at fault, empty when it is the whole request."""

    def __init__(self, text: str, *, field: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.field = field


class NotFoundError(OperationError):
    """What the request names does not exist (any more)."""


class ConflictError(OperationError):
    """The state does not allow it."""
