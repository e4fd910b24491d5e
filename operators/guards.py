"""Guards of the views of acts, in one word each.

    @operator_act            # GET asks, POST acts; for those who may change something
    @dangerous_act(phrase)          # … who have just said with a code that it is they
    @admin_act                      # for administrators
    @dangerous_admin_act(phrase)
    @dangerous_post(phrase)         # POST acts without a dialog, after a code
    @dangerous_when(check, phrase)  # a page: POSTs for which `check` is true take a code
    @reveals(phrase)                # POST shows a secret, after a code; kept by no cache

The phrase completes "Enter a code to …"; see `operators.step_up`.

A view of one product asks for the right to change that one, by its `product_key`.
"""

from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from common.web.forms import safe_or_post
from operators.permissions import admin_required, operator_required
from operators.step_up import (
    Decorator,
    Phrase,
    Predicate,
    View,
    fresh_confirmation_required,
    fresh_confirmation_then_repeat,
    fresh_confirmation_when,
)


def operator_act(view: View) -> View:
    return safe_or_post(operator_required(view))


def dangerous_act(phrase: Phrase) -> Decorator:
    return lambda view: operator_act(fresh_confirmation_required(phrase)(view))


def dangerous_post(phrase: Phrase) -> Decorator:
    return lambda view: require_POST(
        operator_required(fresh_confirmation_then_repeat(phrase)(view))
    )


def dangerous_when(dangerous: Predicate, phrase: Phrase) -> Decorator:
    return lambda view: operator_act(fresh_confirmation_when(dangerous, phrase)(view))


def admin_act(view: View) -> View:
    return safe_or_post(admin_required(view))


def dangerous_admin_act(phrase: Phrase) -> Decorator:
    return lambda view: admin_act(fresh_confirmation_required(phrase)(view))


def reveals(phrase: Phrase) -> Decorator:
    return lambda view: never_cache(dangerous_post(phrase)(view))
