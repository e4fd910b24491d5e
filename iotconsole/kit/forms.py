"""Forms in the console's dress, and what becomes of an operation's error in them."""

from collections.abc import Callable
from typing import Any, TypeVar

from django import forms

from iotconsole.kit.errors import OperationError

Result = TypeVar("Result")


def dress(form: forms.BaseForm) -> None:
    """Give every control Bootstrap's class for its kind."""
    for field in form.fields.values():
        widget = field.widget
        if isinstance(widget, forms.CheckboxInput):
            name = "form-check-input"
        elif isinstance(widget, forms.Select):
            name = "form-select form-select-sm"
        else:
            name = "form-control form-control-sm"
        widget.attrs["class"] = f"{name} {widget.attrs.get('class', '')}".strip()


class ConsoleForm(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        dress(self)

    @property
    def first_control(self) -> str:
        """Name of the field the dialog puts the focus on: the first wrong one, else the first."""
        names = [name for name in self.fields if not self[name].is_hidden]
        wrong = [name for name in names if name in self.errors]
        return next(iter(wrong or names), "")


def attempt(form: forms.BaseForm, operation: Callable[[], Result]) -> Result | None:
    """The operation's result, or None after its error was put beside the field at fault."""
    try:
        return operation()
    except OperationError as error:
        form.add_error(error.field if error.field in form.fields else None, error.text)
        return None
