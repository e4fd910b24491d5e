"""A dangerous act asks who is there, unless this session has just said so.

    @fresh_confirmation_required("clear %(device_name)s")
    def clear(request, product_key, device_name): ...      # GET asks in a dialog, POST acts

    @fresh_confirmation_then_repeat("view the ProductSecret of %(product_key)s")
    def secret(request, product_key): ...                  # POST shows something, or acts at once

    @fresh_confirmation_when(predicate, "edit %(product_key)s")
    def edit(request, product_key): ...                    # a page: some POSTs are dangerous

    @existing_factor_required
    def renew_codes(request): ...                          # POST changes a second factor

The first two views wear within one of `operators.guards`, which also says who may. The third is for
the own account of anybody: an account without a second factor passes, with its password alone.

The phrase says in the dialog and in the SMS what the code is for. It is an English message, marked
with gettext_noop, whose facts are arguments of the URL; or a callable that gets these arguments.

Any code this session has confirmed with in the last CONFIRMATION_FRESH_SECONDS will do. Without
one, the dialog of codes takes the place of the act's; after the right code the act's dialog comes,
or the POST is done again where there is none. What had been typed into the act travels along in a
hidden field (no secret does) and is there again: `common.web.confirm_dialog.kept`.
"""

import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext_noop
from django_htmx.http import HttpResponseClientRedirect

from common.web.confirm_dialog import keep
from common.web.htmx import DIALOG, retarget, wanted_region
from operators.confirmation_views import handle, show
from operators.models import Operator
from operators.operations.second_factor import factors_of
from operators.permissions import operator_of
from operators.purposes import FACTOR_CHANGE, IDENTITY, Purpose
from operators.step_up_sessions import is_fresh

View = Callable[..., HttpResponse]
Predicate = Callable[..., bool]
Answer = Callable[[], HttpResponse]
Decorator = Callable[[View], View]
Phrase = str | Callable[..., str]
PurposeOf = Callable[[Operator, Mapping[str, Any]], Purpose]

TEMPLATE = "operators/identity.html"
# Hidden fields of the dialog's forms: what makes a POST one of them, what was typed into the act
# before, and the element that was to show what is revealed.
ASKING, KEPT, REGION = "confirming", "kept", "region"
_NEVER_KEPT = re.compile(r"password|secret|token|otp|^csrf|(^|_)code$", re.IGNORECASE)
_ID = re.compile(r"[a-z][a-z0-9-]*")
_FACT = re.compile(r"%\((\w+)\)s")
_NAME = re.compile(r"[A-Za-z0-9\-_@.:]{1,64}")


def identity_purpose(phrase: Phrase) -> PurposeOf:
    """One code for whatever this session does in the next minutes, beginning with `phrase`."""

    def purpose(operator: Operator, arguments: Mapping[str, Any]) -> Purpose:
        sentence = phrase if isinstance(phrase, str) else phrase(**arguments)
        facts = {name: _repeatable(arguments[name]) for name in _FACT.findall(sentence)}
        return Purpose(IDENTITY, operator.target, "fresh", sentence, facts)

    return purpose


def _repeatable(argument: object) -> str:
    """A URL may say anything; an SMS and the audit trail repeat only what could be a name."""
    name = str(argument)
    return name if _NAME.fullmatch(name) else "…"


def factor_purpose(operator: Operator, _arguments: Mapping[str, Any]) -> Purpose:
    """The same for changes of the second factor and the password: viewers make those, too."""
    sentence = gettext_noop("change the phone, authenticator, backup codes or password of %(name)s")
    facts = {"name": operator.get_username()}
    return Purpose(FACTOR_CHANGE, operator.target, "fresh", sentence, facts)


def fresh_confirmation_required(phrase: Phrase) -> Decorator:
    """For an act with a dialog: GET shows it, POST does it."""
    return lambda view: _guarded(view, _as_get, identity_purpose(phrase))


def _as_get(request: HttpRequest, act: Answer) -> HttpResponse:
    """The dialog, with what had been typed: it may be long since the operator has seen it."""
    keep(request, QueryDict(request.POST.get(KEPT, "")).dict())
    request.method, request.POST = "GET", QueryDict()
    return act()


def fresh_confirmation_then_repeat(phrase: Phrase) -> Decorator:
    """For a POST without a dialog of its own: it is repeated after the code."""

    def resume(request: HttpRequest, act: Answer) -> HttpResponse:
        region = request.POST.get(REGION, "")
        request.POST = QueryDict(request.POST.get(KEPT, ""))
        if wanted_region(request) and _ID.fullmatch(region):
            return retarget(request, region, act)
        return act()

    return lambda view: _guarded(view, resume, identity_purpose(phrase))


def fresh_confirmation_when(dangerous: Predicate, phrase: Phrase) -> Decorator:
    """For a page of which only some POSTs are dangerous: those are repeated after the code.

    `dangerous` gets what the view gets.
    """

    def decorate(view: View) -> View:
        confirmed = fresh_confirmation_then_repeat(phrase)(view)

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            posted = request.method == "POST"
            answered = _is_answer(request, IDENTITY)
            if posted and (answered or dangerous(request, *args, **kwargs)):
                return confirmed(request, *args, **kwargs)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def existing_factor_required(view: View) -> View:
    """For a page of one's own settings: to GET it takes nothing, to POST a code of one's factors.

    The password is asked besides, by the page's form: a fresh session may stand open.
    """

    def resume(request: HttpRequest, act: Answer) -> HttpResponse:
        # The page is no dialog: htmx loads it anew.
        if getattr(request, "htmx", False):
            return HttpResponseClientRedirect(request.path)
        return _as_get(request, act)

    def needed(request: HttpRequest) -> bool:
        return request.method == "POST" and bool(factors_of(operator_of(request)))

    return _guarded(view, resume, factor_purpose, needed)


def existing_factor_confirmed(view: View) -> View:
    """For a GET whose answer is where to go once one's factors are confirmed."""
    return _guarded(view, _as_get, factor_purpose, lambda r: bool(factors_of(operator_of(r))))


def _guarded(
    view: View,
    resume: Callable[[HttpRequest, Answer], HttpResponse],
    purpose_of: PurposeOf,
    needed: Callable[[HttpRequest], bool] = lambda _: True,
) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        def act() -> HttpResponse:
            return view(request, *args, **kwargs)

        operator = operator_of(request)
        purpose = purpose_of(operator, kwargs)
        if not is_fresh(request.session, operator) and needed(request):
            return _ask(request, purpose, lambda: resume(request, act))
        # Another tab may have confirmed meanwhile: then this code is not needed any more.
        return resume(request, act) if _is_answer(request, purpose.act) else act()

    return guarded


def _is_answer(request: HttpRequest, act: str) -> bool:
    return request.method == "POST" and request.POST.get(ASKING) == act


def _ask(request: HttpRequest, purpose: Purpose, then: Answer) -> HttpResponse:
    """The dialog of codes, for whatever element htmx asks; `then` answers the right code."""
    region = wanted_region(request)
    if region and region != DIALOG:
        return retarget(request, DIALOG, lambda: _dialog(request, purpose, region, then))
    return _dialog(request, purpose, "", then)


def _dialog(request: HttpRequest, purpose: Purpose, region: str, then: Answer) -> HttpResponse:
    template = f"{TEMPLATE}#{DIALOG}" if wanted_region(request) else TEMPLATE
    context = {
        "carried": {ASKING: purpose.act, **_wish(request, purpose, region)},
        "confirmation_target": f"#{DIALOG}",
        "back": request.path.rstrip("/").rpartition("/")[0] + "/",
    }
    if _is_answer(request, purpose.act):
        return handle(
            request, purpose, lambda _: then(), template=template, partial=template, context=context
        )
    response = show(request, purpose, template, context)
    if request.method == "POST":  # the act was wanted and not done
        response.status_code = 422
    return response


def _wish(request: HttpRequest, purpose: Purpose, region: str) -> dict[str, str]:
    """State that is needed after the code."""
    if _is_answer(request, purpose.act):
        return {name: request.POST.get(name, "") for name in (KEPT, REGION)}
    typed = request.POST.copy()
    for name in [name for name in typed if _NEVER_KEPT.search(name)]:
        del typed[name]
    return {KEPT: typed.urlencode(), REGION: region}
