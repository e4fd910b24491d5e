"""The registration window: how far a product's Dynamic Registration is open while it is on.

`Window` is what an operator asks for, `window_state` how it stands at a moment. The values are
columns of Product, because registration reads and locks that row anyway.
"""

import dataclasses
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from common.errors import ConflictError, OperationError
from common.text.stored_messages import Words
from products.models import ClosedBy, Product, RegistrationModes
from products.name_pattern import check_name_pattern
from products.networks import check_networks

MAX_HOURS = 24 * 366
MAX_BUDGET = 10_000_000
# From this share of the budget on, somebody should have a look.
WARNING_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Window:
    """Limits somebody asks for; without any, it is open to everybody until it is turned off.

    `hours` run from the moment of the act, `until` is that moment itself; at most one is given.
    """

    hours: int | None = None
    until: datetime | None = None
    budget: int | None = None
    names: str = ""
    networks: tuple[str, ...] = ()
    modes: str = RegistrationModes.BOTH

    @property
    def wished(self) -> str:
        """The limits as one line for a confirmation to be bound to; empty without any."""
        given = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if getattr(self, field.name) != field.default
        }
        return json.dumps(given, default=datetime.isoformat, sort_keys=True) if given else ""

    @property
    def words(self) -> list[Words]:
        """Each limit in words; empty without any."""
        return [words for words in (part(self) for part in _PARTS) if words]

    def closes_at(self, now: datetime) -> datetime | None:
        return now + timedelta(hours=self.hours) if self.hours else self.until


def check_window(window: Window, now: datetime) -> Window:
    """The window in its usual form; raises OperationError, its field named as here."""
    if window.hours is not None and not 1 <= window.hours <= MAX_HOURS:
        raise OperationError(
            _("It can be open for 1 to %(most)d hours.") % {"most": MAX_HOURS}, field="hours"
        )
    if window.until is not None and window.until <= now:
        raise OperationError(_("This time has passed."), field="until")
    if window.until is not None and window.until > now + timedelta(hours=MAX_HOURS):
        raise OperationError(_("This time is more than a year ahead."), field="until")
    if window.budget is not None and not 1 <= window.budget <= MAX_BUDGET:
        raise OperationError(
            _("A budget is a number from 1 to %(most)d.") % {"most": MAX_BUDGET}, field="budget"
        )
    if window.modes not in RegistrationModes:
        raise OperationError(_("There is no such mode."), field="modes")
    return replace(
        window,
        until=window.until and window.until.astimezone(UTC),
        names=check_name_pattern(window.names),
        networks=check_networks(window.networks),
    )


def goes_on_counting(product: Product, window: Window, now: datetime) -> bool:
    """Whether `window` is a change of the present one, so that what has registered still counts."""
    budgets = product.registration_budget is not None and window.budget is not None
    return budgets and window_state(product, now).open


def check_change(product: Product, window: Window, now: datetime) -> None:
    """Raises ConflictError when more have registered already than the new budget allows."""
    used = product.registration_used
    if goes_on_counting(product, window, now) and (window.budget or 0) <= used:
        text = ngettext(
            "%(used)s device has already registered in this window. Enter a larger budget.",
            "%(used)s devices have already registered in this window. Enter a larger budget.",
            used,
        )
        raise ConflictError(text % {"used": used}, field="budget")


def window_of(product: Product) -> Window:
    """The limits that stand on the product, with the moment at which it closes."""
    return Window(
        until=product.registration_closes_at,
        budget=product.registration_budget,
        names=product.registration_names,
        networks=tuple(product.registration_networks.split()),
        modes=product.registration_modes,
    )


@dataclass(frozen=True, slots=True)
class WindowState:
    """`open` is what a device meets; the flag on the product may lag behind by a few seconds.

    `closed_by` tells what ended it by itself, empty otherwise. `used` counts only under a budget.
    """

    open: bool
    closed_by: str
    limits: Window
    used: int

    @property
    def budget(self) -> int | None:
        return self.limits.budget

    @property
    def percent(self) -> int:
        """Percentage of the budget, rounded down: 100 means used up. 0 without a budget."""
        return min(100, 100 * self.used // self.budget) if self.budget else 0

    @property
    def warning(self) -> bool:
        """Whether most of the budget is gone."""
        return self.budget is not None and self.used >= WARNING_SHARE * self.budget


def window_state(product: Product, now: datetime | None = None) -> WindowState:
    ended = ended_by(product, now or timezone.now())
    return WindowState(
        open=product.dynamic_registration and not ended,
        closed_by=ended if product.dynamic_registration else product.registration_closed_by,
        limits=window_of(product),
        used=product.registration_used,
    )


def ended_by(product: Product, now: datetime) -> str:
    """Return what ended the window of a product whose switch is on: a ClosedBy, or nothing."""
    if product.registration_closes_at is not None and product.registration_closes_at <= now:
        return ClosedBy.TIME
    budget = product.registration_budget
    if budget is not None and product.registration_used >= budget:
        return ClosedBy.BUDGET
    return ""


def open_products(now: datetime) -> QuerySet[Product]:
    """Products that let new devices in at this moment."""
    return Product.objects.filter(dynamic_registration=True).exclude(_ended(now))


def ended_products(now: datetime) -> QuerySet[Product]:
    """Products whose switch is on though their window has ended."""
    return Product.objects.filter(_ended(now), dynamic_registration=True)


def _ended(now: datetime) -> Q:
    spent = Q(registration_budget__isnull=False, registration_used__gte=F("registration_budget"))
    return spent | Q(registration_closes_at__isnull=False, registration_closes_at__lte=now)


def _time(window: Window) -> Words | None:
    if window.hours:
        return {"words": gettext_noop("for %(hours)s h"), "hours": window.hours}
    if window.until:
        moment = f"{window.until.astimezone(UTC):%Y-%m-%d %H:%M}"
        return {"words": gettext_noop("until %(moment)s UTC"), "moment": moment}
    return None


def _budget(window: Window) -> Words | None:
    if window.budget is None:
        return None
    return {"words": gettext_noop("with a budget of %(budget)s"), "budget": window.budget}


def _names(window: Window) -> Words | None:
    if not window.names:
        return None
    return {"words": gettext_noop("for DeviceNames like %(pattern)s"), "pattern": window.names}


def _networks(window: Window) -> Words | None:
    if not window.networks:
        return None
    networks = " ".join(window.networks)
    return {"words": gettext_noop("only from %(networks)s"), "networks": networks}


def _modes(window: Window) -> Words | None:
    if window.modes == RegistrationModes.BOTH:
        return None
    return {"words": gettext_noop("only authType %(mode)s"), "mode": window.modes}


_PARTS = (_time, _budget, _names, _networks, _modes)
