"""Rules of a product's registration window for a request whose signature is proven."""

from collections.abc import Mapping
from datetime import datetime

from logs.reasons import Reason
from products.broker_topics import unfit_in
from products.models import ClosedBy, Product, RegistrationModes
from products.name_pattern import name_matches
from products.networks import in_networks
from products.registration_window import ended_by
from protocol.client_id import RegistrationParams

# What is refused after the window has closed by itself, until somebody opens it again.
_CLOSED: Mapping[str, Reason] = {
    ClosedBy.TIME.value: Reason.WINDOW_CLOSED,
    ClosedBy.BUDGET.value: Reason.BUDGET_USED_UP,
    "": Reason.DYNAMIC_REGISTRATION_OFF,
}


def refusal_reason(
    product: Product, params: RegistrationParams, address: str | None, now: datetime
) -> Reason | None:
    """The reason to refuse it, or None when the window, and the product's broker, let it in.

    The moment at which it closes counts, not the round that turns the switch afterwards.
    """
    if not product.dynamic_registration:
        return _CLOSED[product.registration_closed_by]
    if ended := ended_by(product, now):
        return _CLOSED[ended]
    if product.registration_modes not in {RegistrationModes.BOTH, params.mode.value}:
        return Reason.MODE_NOT_ALLOWED
    networks, names = product.registration_networks, product.registration_names
    if networks and not in_networks(networks, address):
        return Reason.NETWORK_NOT_ALLOWED
    if names and not name_matches(names, params.device_name):
        return Reason.NAME_NOT_ALLOWED
    if unfit_in(product.data_connections, params.device_name):
        return Reason.NAME_NOT_CARRIED
    return None
