"""How long logs and ended jobs are kept."""

from datetime import datetime, timedelta

from django.conf import settings


def kept_since(now: datetime) -> datetime:
    """Return the moment before which everything is forgotten (LOG_RETENTION_DAYS)."""
    return now - timedelta(days=settings.LOG_RETENTION_DAYS)
