"""SQL as it is compared: what is asked, and not of whom; and how the database goes about it."""

import re

from django.db import connection

# Names, numbers, and the names of savepoints.
_VALUES = re.compile(r"'[^']*'|\b[0-9]+\b|s[0-9]+_x[0-9]+")


def without_values(statement: str) -> str:
    return _VALUES.sub("…", statement)


def plan_of(statement: str) -> str:
    """A line for each step, in the database's own words."""
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with connection.cursor() as cursor:
        cursor.execute(f"{explain} {statement}")
        return "\n".join(str(row[-1]) for row in cursor.fetchall())
