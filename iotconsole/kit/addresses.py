"""Addresses as their columns take them."""

from django.core.exceptions import ValidationError
from django.db.models import GenericIPAddressField

_COLUMN = GenericIPAddressField()


def known_address(address: str | None) -> str | None:
    """As the column gives it back. A proxy may say anything: what is no address is left out."""
    try:
        cleaned: str | None = _COLUMN.clean(address, None) if address else None
    except ValidationError:
        return None
    return cleaned
