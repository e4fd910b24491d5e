"""The dialog that asks before an act: what will happen, in words, and a button that says it.

act = Act(title="Delete product", sentences=("Its ProductKey becomes invalid.",), button="Delete",
          done="Deleted product Lamp", trail=product.target, back=…, then=…, danger=True)
return ask(request, act, lambda _: delete_product(actor, product_key))
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse

from iotconsole.kit.errors import OperationError
from iotconsole.kit.forms import ConsoleForm
from iotconsole.kit.htmx import DIALOG, Undo, go, render_page


@dataclass(frozen=True, slots=True)
class Act:
    """`back` is the page the dialog opens from, `then` the one that follows the act.

    `undo` puts a button that takes the act back into the toast that tells of it.
    """

    title: str
    sentences: tuple[str, ...]
    button: str
    done: str
    trail: str
    back: str
    then: str
    danger: bool = False
    undo: Undo | None = None


def keep(request: HttpRequest, typed: Mapping[str, str]) -> None:
    """Have the dialog that answers this request begin with what was typed into it before."""
    request.kept = typed  # type: ignore[attr-defined]


def kept(request: HttpRequest) -> Mapping[str, str]:
    """What `keep` was given, for the `initial` of a form; `ask` fills it in by itself."""
    typed: Mapping[str, str] = getattr(request, "kept", {})
    return typed


def ask(
    request: HttpRequest,
    act: Act,
    perform: Callable[[Mapping[str, Any]], object],
    form: ConsoleForm | None = None,
    *,
    template: str = "kit/act.html",
    context: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """GET asks; POST with a valid form performs. `perform` gets the form's cleaned data.

    `form` must be bound when the request is a POST; without one there is nothing to fill in. A
    `delete_url` in the context puts a way to delete the thing beside the buttons.
    """
    posted = request.method == "POST"
    form = form or ConsoleForm(request.POST if posted else None)
    if posted and form.is_valid() and _performed(form, perform):
        return go(request, act.then, act.done, trail=act.trail, undo=act.undo)
    if not posted:
        form.initial.update(kept(request))
    return render_page(
        request,
        template,
        {"act": act, "form": form, **(context or {})},
        regions=(DIALOG,),
        status=422 if posted else 200,
    )


def _performed(form: ConsoleForm, perform: Callable[[Mapping[str, Any]], object]) -> bool:
    try:
        perform(form.cleaned_data)
    except OperationError as error:
        form.add_error(error.field if error.field in form.fields else None, error.text)
        return False
    return True
