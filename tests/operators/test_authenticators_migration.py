"""After the update no TOTP secret and no session key can be read from the database."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from operators.models import Authenticator, SignedIn
from operators.session_store import SessionStore
from tests.operators.people import person

pytestmark = pytest.mark.django_db
migration = import_module("operators.migrations.0013_nothing_readable_at_rest")
KEY = "3132333435363738393031323334353637383930"
# As django-otp 1.x has it, with the columns that count here.
OLD_TABLE = """
CREATE TABLE otp_totp_totpdevice (
    id integer PRIMARY KEY, name varchar(64) NOT NULL, confirmed boolean NOT NULL,
    key varchar(80) NOT NULL, drift smallint NOT NULL, last_t bigint NOT NULL,
    user_id bigint NOT NULL
)
"""
editor = SimpleNamespace(connection=connection)


def test_authenticators_are_taken_over_and_their_old_table_goes() -> None:
    lin = person("lin")
    MigrationRecorder(connection).record_applied("otp_totp", "0001_initial")
    with connection.cursor() as cursor:
        cursor.execute(OLD_TABLE)
        row = "INSERT INTO otp_totp_totpdevice VALUES (1, 'Authenticator', true, %s, -1, 54321, %s)"
        cursor.execute(row, [KEY, lin.pk])
    migration.encrypt_authenticators(apps, editor)
    app = Authenticator.objects.get()
    assert (app.user_id, app.confirmed, app.key) == (lin.pk, True, KEY)
    assert (app.drift, app.last_t) == (-1, 54321)
    assert "otp_totp_totpdevice" not in connection.introspection.table_names()
    applied = MigrationRecorder(connection).applied_migrations()
    assert "otp_totp" not in {app for app, _ in applied}


def test_a_new_installation_has_nothing_to_take_over() -> None:
    migration.encrypt_authenticators(apps, editor)
    assert not Authenticator.objects.exists()


def test_everybody_signs_in_anew() -> None:
    SessionStore().save()
    SignedIn.objects.create(operator=person("lin"), session_key="k")
    migration.end_sessions(apps, editor)
    assert not Session.objects.exists()
    assert not SignedIn.objects.exists()
