"""The audit trail's single way in."""

from operators.actor import Actor
from operators.models import AuditEntry


def record(actor: Actor, act: str, target: str, summary: str) -> AuditEntry:
    """Append one entry. Call it inside the transaction of the change it describes."""
    return AuditEntry.objects.create(
        operator=actor.operator,
        origin=actor.origin,
        address=actor.address,
        act=act,
        target=target,
        summary=summary,
    )
