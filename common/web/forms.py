"""Forms in the console's dress, and what becomes of an operation's error in them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from django import forms
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods

from common.errors import OperationError

Result = TypeVar("Result")

# For a view with a form: GET asks, POST acts.
safe_or_post = require_http_methods(["GET", "HEAD", "POST"])


def dress(form: forms.BaseForm) -> None:
    """Give every control Bootstrap's class for its kind."""
    for field in form.fields.values():
        widget = field.widget
        if isinstance(widget, (forms.CheckboxInput, forms.RadioSelect)):
            name = "form-check-input"
        elif isinstance(widget, forms.Select):
            name = "form-select form-select-sm"
        else:
            name = "form-control form-control-sm"
        widget.attrs["class"] = f"{name} {widget.attrs.get('class', '')}".strip()


class MomentInput(forms.DateTimeInput):
    """A moment to the minute, typed in the operator's zone; console.js puts it into the URL in UTC.

    Without scripts the URL has it as typed. Needs a field that takes ISO 8601.
    """

    input_type = "datetime-local"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        moment = _moment(value)
        here = context["widget"]["attrs"]
        here["data-moment"] = moment.astimezone(UTC).isoformat() if moment else ""
        if moment:
            context["widget"]["value"] = f"{timezone.localtime(moment):%Y-%m-%dT%H:%M}"
        return context


def _moment(value: Any) -> datetime | None:
    """Parse what was typed; None if it is no date and time."""
    try:
        moment = parse_datetime(value) if isinstance(value, str) else value
    except ValueError:
        return None
    if not isinstance(moment, datetime):
        return None
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


class ConsoleForm(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        dress(self)


def posted(request: HttpRequest) -> QueryDict | None:
    """Return the data that binds a form: that of a POST, and None for a GET."""
    return request.POST if request.method == "POST" else None


def attempt(form: forms.BaseForm, operation: Callable[[], Result]) -> Result | None:
    """The operation's result, or None after its error was put beside the field at fault."""
    try:
        return operation()
    except OperationError as error:
        form.add_error(error.field if error.field in form.fields else None, error.text)
        return None
