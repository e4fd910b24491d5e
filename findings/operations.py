"""Findings: what a worker has seen, and what an operator makes of it."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.errors import ConflictError, NotFoundError, OperationError
from devices.models import Device
from findings.evidence import Evidence
from findings.models import Finding, FindingKind, FindingState
from operators.actor import Actor
from operators.operations import audit
from products.models import Product

MOST_REASON = 200


@dataclass(frozen=True, slots=True)
class Sign:
    """Something worth a look. Without a device it is about the product."""

    kind: FindingKind
    product: Product
    seen_at: datetime
    evidence: Evidence = field(default_factory=Evidence)
    device: Device | None = None
    client_id: str = ""

    @property
    def began(self) -> datetime:
        return min([self.seen_at, *(party.first for party in self.evidence.parties)])


def observe(sign: Sign) -> Finding:
    """Open a finding, or add to the one there is. A dismissed one opens only for something new.

    Runs inside the caller's transaction.
    """
    device_name = sign.device.device_name if sign.device else ""
    finding, made = (
        Finding.objects.select_for_update()
        .exclude(state=FindingState.RESOLVED)
        .get_or_create(
            kind=sign.kind,
            product=sign.product,
            device_name=device_name,
            client_id=sign.client_id,
            defaults={
                "device": sign.device,
                "first_seen": sign.began,
                "last_seen": sign.seen_at,
                "evidence": sign.evidence.as_data(),
            },
        )
    )
    if not made:
        _add(finding, sign)
    return finding


def _add(finding: Finding, sign: Sign) -> None:
    known = finding.evidence.get("marks", [])
    new = [mark for mark in sign.evidence.marks if mark not in known]
    if finding.state == FindingState.DISMISSED:
        if not new:
            return
        finding.state, finding.closed_at, finding.closed_by = FindingState.OPEN, None, None
    finding.evidence = sign.evidence.as_data() | {"marks": [*known, *new]}
    finding.last_seen = max(finding.last_seen, sign.seen_at)
    finding.device = sign.device
    finding.save(
        update_fields=["state", "closed_at", "closed_by", "evidence", "last_seen", "device"]
    )


def dismiss(actor: Actor, pk: int, reason: str) -> Finding:
    """Somebody has looked and knows why. Raises OperationError without a reason."""
    reason = reason.strip()
    if not reason:
        raise OperationError(_("Say briefly why it needs no attention."), field="reason")
    if len(reason) > MOST_REASON:
        raise OperationError(_("At most 200 characters."), field="reason")
    with transaction.atomic():
        finding = _locked(pk)
        if finding.state != FindingState.OPEN:
            raise ConflictError(_("This finding is no longer open."))
        finding.state, finding.reason = FindingState.DISMISSED, reason
        finding.closed_at, finding.closed_by = timezone.now(), actor.operator
        finding.save(update_fields=["state", "reason", "closed_at", "closed_by"])
        audit.record(
            actor,
            "finding.dismiss",
            finding.target,
            gettext_noop("Dismissed a finding: %(reason)s"),
            reason=reason,
        )
    return finding


def reopen(actor: Actor, pk: int) -> Finding:
    """Undo a dismissal."""
    with transaction.atomic():
        finding = _locked(pk)
        if finding.state != FindingState.DISMISSED:
            raise ConflictError(_("Only a dismissed finding can be reopened."))
        finding.state, finding.reason = FindingState.OPEN, ""
        finding.closed_at = finding.closed_by = None
        finding.save(update_fields=["state", "reason", "closed_at", "closed_by"])
        audit.record(actor, "finding.reopen", finding.target, gettext_noop("Reopened a finding"))
    return finding


def _locked(pk: int) -> Finding:
    try:
        return Finding.objects.select_for_update(of=("self",)).get(pk=pk)
    except Finding.DoesNotExist as error:
        raise NotFoundError(_("This finding does not exist.")) from error
