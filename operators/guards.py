"""What guards the view of an act, in one word.

    @operator_act            # GET asks, POST acts; for those who may change something
    @dangerous_act           # … who have just said with a code that it is they
    @admin_act               # for administrators
    @dangerous_admin_act
    @dangerous_post          # POST acts without a dialog, after a code
    @dangerous_when(check)   # a page: POSTs for which `check` is true take a code
    @reveals                 # POST shows a secret, after a code; kept by no cache

A view of one product asks for the right to change that one, by its `product_key`.
"""

from collections.abc import Callable

from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from common.web.forms import safe_or_post
from operators.permissions import admin_required, operator_required
from operators.step_up import (
    Predicate,
    fresh_confirmation_required,
    fresh_confirmation_then_repeat,
    fresh_confirmation_when,
)

View = Callable[..., HttpResponse]


def operator_act(view: View) -> View:
    return safe_or_post(operator_required(view))


def dangerous_act(view: View) -> View:
    return operator_act(fresh_confirmation_required(view))


def dangerous_post(view: View) -> View:
    return require_POST(operator_required(fresh_confirmation_then_repeat(view)))


def dangerous_when(dangerous: Predicate) -> Callable[[View], View]:
    return lambda view: operator_act(fresh_confirmation_when(dangerous)(view))


def admin_act(view: View) -> View:
    return safe_or_post(admin_required(view))


def dangerous_admin_act(view: View) -> View:
    return admin_act(fresh_confirmation_required(view))


def reveals(view: View) -> View:
    return never_cache(dangerous_post(view))
