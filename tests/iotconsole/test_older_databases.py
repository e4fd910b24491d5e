"""Databases from before the migrations began afresh are refused, and left as they are."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

pytestmark = pytest.mark.django_db


def test_a_database_of_before_is_refused_with_what_to_do() -> None:
    MigrationRecorder(connection).record_applied("devices", "0002_log_connection_id")
    with pytest.raises(CommandError, match="Point DATABASE_URL at an empty database"):
        call_command("migrate", verbosity=0)


def test_one_of_this_version_is_migrated_again_without_a_word() -> None:
    call_command("migrate", verbosity=0)
