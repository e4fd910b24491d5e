"""Template tags for the audit trail."""

from django import template

from operators.models import AuditEntry

register = template.Library()


@register.simple_tag
def latest_entry(target: str) -> AuditEntry | None:
    """The newest entry of `target`: right after an act, the one that tells of it."""
    return AuditEntry.objects.filter(target=target).only("pk").first()
