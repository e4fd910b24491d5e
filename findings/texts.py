"""Texts of findings, in the reader's language."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from findings.models import Finding, FindingKind


@dataclass(frozen=True, slots=True)
class Words:
    """`meaning` tells what it is a sign of, `advice` what to do; both are translated when shown."""

    meaning: str | Promise
    advice: str | Promise


WORDS: dict[str, Words] = {
    FindingKind.SHARED: Words(
        gettext_lazy(
            "One credential is used from two places alternately. A single device does not do "
            "that: two physical devices share it."
        ),
        gettext_lazy(
            "Find out which device is genuine. Clear blocks both; the genuine one can then "
            "register again. Disable stops everything until you know."
        ),
    ),
    FindingKind.FLAPPING: Words(
        gettext_lazy(
            "Connections with this DeviceName keep replacing each other: two physical devices "
            "use the same identity. If only one is listed below, its network may be unstable."
        ),
        gettext_lazy("Keep the genuine device with Switch, or block all of them with Clear."),
    ),
    FindingKind.CLIENT_IDS: Words(
        gettext_lazy(
            "More than one ClientID was issued under this DeviceName, each to a physical device. "
            "Either there are clones, or one device registered again."
        ),
        gettext_lazy(
            "Compare them, then keep the genuine device with Switch, or block all with Clear."
        ),
    ),
    FindingKind.BURST: Words(
        gettext_lazy(
            "Far more devices registered within an hour than usual for this product. This may be "
            "a production run, or somebody who has the ProductSecret."
        ),
        gettext_lazy(
            "Check where they came from. If you do not know them, turn off Dynamic Registration "
            "on Product Details first, then disable or delete the new devices."
        ),
    ),
    FindingKind.BUDGET: Words(
        gettext_lazy(
            "Most of the budget of this registration window is used. Once it is used up, further "
            "devices are refused."
        ),
        gettext_lazy(
            "If you expect more devices, change the window on Product Details. If not, find out "
            "who registered."
        ),
    ),
    FindingKind.UNUSED: Words(
        gettext_lazy(
            "A ClientID was issued and has never connected. Its device may not be in use yet or "
            "may have lost it, or somebody was trying the ProductSecret."
        ),
        gettext_lazy(
            "If you do not expect this device, block the ClientID with Clear, or dismiss this "
            "finding."
        ),
    ),
}


def sentence(finding: Finding) -> str:
    """Say in numbers what was seen."""
    facts = finding.evidence.get("facts", {})
    try:
        return _SENTENCES[FindingKind(finding.kind)](facts)
    except (KeyError, ValueError):
        return ""  # written by another release


def _shared(facts: dict[str, int]) -> str:
    return _("%(addresses)d addresses in turn within %(minutes)d minutes") % facts


def _flapping(facts: dict[str, int]) -> str:
    return _("%(takeovers)d takeovers within %(minutes)d minutes") % facts


def _client_ids(facts: dict[str, int]) -> str:
    return _("%(client_ids)d ClientIDs under one DeviceName") % facts


def _burst(facts: dict[str, int]) -> str:
    times = facts["registrations"]
    told = ngettext(
        "%(registrations)d registration in an hour",
        "%(registrations)d registrations in an hour",
        times,
    ) % {"registrations": times}
    usual = _("%(usual)d in the busiest hour of the week before") % {"usual": facts["usual"]}
    return f"{told} ({usual})"


def _budget(facts: dict[str, int]) -> str:
    return _("%(used)d of %(budget)d registrations used") % facts


def _unused(facts: dict[str, int]) -> str:
    hours = facts["hours"]
    return ngettext(
        "issued more than %(hours)d hour ago, never connected",
        "issued more than %(hours)d hours ago, never connected",
        hours,
    ) % {"hours": hours}


_SENTENCES = {
    FindingKind.SHARED: _shared,
    FindingKind.FLAPPING: _flapping,
    FindingKind.CLIENT_IDS: _client_ids,
    FindingKind.BURST: _burst,
    FindingKind.BUDGET: _budget,
    FindingKind.UNUSED: _unused,
}
