"""Errors of operations. Their text is for the operator."""


class OperationError(Exception):
    """`field` names the form field or parameter at fault, empty when it is the whole request."""

    def __init__(self, text: str, *, field: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.field = field


class NotFoundError(OperationError):
    """The thing that the request names does not exist or was deleted."""


class ConflictError(OperationError):
    """The state does not allow it."""
