"""What a finding says, in the reader's language."""

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
            "The same credential is used from two places in turn. One device does not go back and "
            "forth: two physical devices share it."
        ),
        gettext_lazy(
            "Find out which one is genuine. Clear forbids both and lets the genuine one register "
            "again; Disable stops everything until you know."
        ),
    ),
    FindingKind.FLAPPING: Words(
        gettext_lazy(
            "Connections with this DeviceName keep throwing each other out: two physical devices "
            "want to be the same one. If there is only one below, its network may break off often."
        ),
        gettext_lazy("Keep the genuine one with Switch, or forbid all of them with Clear."),
    ),
    FindingKind.CLIENT_IDS: Words(
        gettext_lazy(
            "More than one ClientID was issued under this DeviceName. Each stands for a physical "
            "device: either there are clones, or one device has registered again."
        ),
        gettext_lazy("Compare them, keep the genuine one with Switch, or void all with Clear."),
    ),
    FindingKind.BURST: Words(
        gettext_lazy(
            "Many more devices registered within an hour than this product is used to. It may be a "
            "production run, or somebody who holds the ProductSecret."
        ),
        gettext_lazy(
            "Look where they came from. If you do not know them, turn off Dynamic Registration on "
            "Product Details first, then disable or delete what came in."
        ),
    ),
    FindingKind.BUDGET: Words(
        gettext_lazy(
            "Most of what this registration window allows is used. When all of it is, further "
            "devices are refused."
        ),
        gettext_lazy(
            "If more devices are expected, change the window on Product Details; if not, find out "
            "who has registered."
        ),
    ),
    FindingKind.UNUSED: Words(
        gettext_lazy(
            "A ClientID was issued and has never connected since: its device was not put to use, "
            "lost it, or somebody was only trying the ProductSecret."
        ),
        gettext_lazy(
            "If nobody waits for this device, void the ClientID with Clear, or dismiss this."
        ),
    ),
}


def sentence(finding: Finding) -> str:
    """What was seen, in numbers."""
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
