"""Refusal of databases that were made before the migrations began afresh."""

from typing import Any

from django.core.management import CommandError
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

# It is in every such database, and in no newer one.
_OLDER = ("devices", "0002_log_connection_id")


def refuse_older_database(using: str, **_: Any) -> None:
    """A receiver of `pre_migrate`. Raises CommandError.

    To it the new first migrations look applied, and its tables would stay the old ones.
    """
    if _OLDER in MigrationRecorder(connections[using]).applied_migrations():
        raise CommandError(
            "This database was made by a version before the first release and cannot be upgraded. "
            "Point DATABASE_URL at an empty database, or DATA_DIR at an empty folder; devices move "
            "over with Import fleet (docs/migrating.md)."
        )
