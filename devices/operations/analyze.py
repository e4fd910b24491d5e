"""Refresh the statistics from which the database chooses an index."""

from datetime import datetime

from django.db import connection

# Rows of an index that are looked at. All of them would take minutes of a log of millions.
_ANALYSED = 1000


def refresh_statistics(_now: datetime) -> None:
    """Have SQLite look at its tables; PostgreSQL's autovacuum needs no telling.

    `PRAGMA optimize` would not do: before SQLite 3.46 it passes over tables that its own connection
    has not asked for.
    """
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA analysis_limit={_ANALYSED}")
        cursor.execute("ANALYZE")
