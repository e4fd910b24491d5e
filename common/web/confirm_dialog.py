"""The dialog that asks before an act: what will happen, in words, and a button that says it.

product = product_or_404(request, product_key, change=True)                     # fetch
act = Act.of(
    product,
    _("Delete %(name)s"),
    _("Its ProductKey becomes invalid."),
    button=_("Delete"),
    done=_("Deleted %(name)s."),
    danger=True,
)
return ask(request, act, lambda _data: delete_product(actor, product_key))      # ask, then act
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.http import HttpRequest, HttpResponse

from common.errors import OperationError
from common.web.forms import ConsoleForm, posted
from common.web.htmx import DIALOG, Undo, go, render_page


class Thing(Protocol):
    """Target of an act: a row with a name, a page and a place in the audit trail."""

    @property
    def target(self) -> str: ...

    def get_absolute_url(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """`back` is the page the dialog opens from, `then` the one that follows the act if not that.

    `trail` is the audit target the toast links to; `undo` puts a button into it that takes the act
    back.
    """

    title: str
    sentences: tuple[str, ...] = ()
    button: str
    done: str
    trail: str = ""
    back: str
    then: str = ""
    danger: bool = False
    undo: Undo | None = None

    @classmethod
    def of(
        cls,
        thing: Thing,
        title: str,
        *sentences: str,
        button: str,
        done: str,
        then: str = "",
        danger: bool = False,
        undo: Undo | None = None,
        **facts: object,
    ) -> "Act":
        """`title` and `done` tell the thing as %(name)s, and `facts` by their names."""
        said = {"name": str(thing), **facts}
        return cls(
            title=title % said,
            sentences=sentences,
            button=button,
            done=done % said,
            trail=thing.target,
            back=thing.get_absolute_url(),
            then=then,
            danger=danger,
            undo=undo,
        )


def keep(request: HttpRequest, typed: Mapping[str, str]) -> None:
    """Have the dialog that answers this request begin with what was typed into it before."""
    request.kept = typed  # type: ignore[attr-defined]


def kept(request: HttpRequest) -> Mapping[str, str]:
    """Return what `keep` got, for the `initial` of a form; `ask` fills it in by itself."""
    typed: Mapping[str, str] = getattr(request, "kept", {})
    return typed


def ask(
    request: HttpRequest,
    act: Act,
    perform: Callable[[Mapping[str, Any]], object],
    form: ConsoleForm | None = None,
    *,
    template: str = "common/act.html",
    context: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """GET asks; POST with a valid form performs. `perform` gets the form's cleaned data.

    `form` must be bound when the request is a POST; without one there is nothing to fill in. A
    `delete_url` in the context puts a way to delete the thing beside the buttons.
    """
    form = form or ConsoleForm(posted(request))
    if form.is_valid() and _performed(form, perform):
        return go(request, act.then or act.back, act.done, trail=act.trail, undo=act.undo)
    if not form.is_bound:
        form.initial.update(kept(request))
    return render_page(
        request,
        template,
        {"act": act, "form": form, **(context or {})},
        regions=(DIALOG,),
        status=422 if form.is_bound else 200,
    )


def _performed(form: ConsoleForm, perform: Callable[[Mapping[str, Any]], object]) -> bool:
    try:
        perform(form.cleaned_data)
    except OperationError as error:
        form.add_error(error.field if error.field in form.fields else None, error.text)
        return False
    return True
