"""Result of a fleet import, in sentences."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from imports.models import FleetImport, ImportState


def told(fleet: FleetImport) -> list[str]:
    """One sentence per thing worth saying; those about nothing are left out."""
    done = fleet.state == ImportState.DONE
    counted: Mapping[str, int] = fleet.done if done else fleet.found
    new = _imported(counted) if done else _importable(counted)
    sentences = [
        new,
        _changed(counted.get("devices_changed", 0)),
        _same(counted.get("products_same", 0), counted.get("devices_same", 0)),
        _left_out(counted.get("bad", 0)),
        _warned(counted.get("warned", 0)),
    ]
    return [sentence for sentence in sentences if sentence]


def _facts(counted: Mapping[str, int]) -> dict[str, str]:
    names = ("products_new", "devices_new", "client_ids_new")
    return {name: f"{counted.get(name, 0):,}" for name in names}


def _importable(counted: Mapping[str, int]) -> str:
    return _(
        "To be imported: products %(products_new)s, devices %(devices_new)s, "
        "ClientIDs %(client_ids_new)s."
    ) % _facts(counted)


def _imported(counted: Mapping[str, int]) -> str:
    return _(
        "Imported: products %(products_new)s, devices %(devices_new)s, "
        "ClientIDs %(client_ids_new)s."
    ) % _facts(counted)


def _changed(count: int) -> str:
    if not count:
        return ""
    return ngettext(
        "%(count)s existing device gets its missing data.",
        "%(count)s existing devices get their missing data.",
        count,
    ) % {"count": f"{count:,}"}


def _same(products: int, devices: int) -> str:
    if not products + devices:
        return ""
    facts = {"products": f"{products:,}", "devices": f"{devices:,}"}
    return _("Already there, unchanged: products %(products)s, devices %(devices)s.") % facts


def _left_out(count: int) -> str:
    if not count:
        return ""
    return ngettext(
        "%(count)s product or device is left out; see the report.",
        "%(count)s products or devices are left out; see the report.",
        count,
    ) % {"count": f"{count:,}"}


def _warned(count: int) -> str:
    if not count:
        return ""
    return ngettext(
        "%(count)s product or device is imported with missing data; see the report.",
        "%(count)s products or devices are imported with missing data; see the report.",
        count,
    ) % {"count": f"{count:,}"}
