from django.db import migrations
from django.db.migrations.recorder import MigrationRecorder

# Of django-otp, which kept the secret in clear. Its application is installed no more.
OLD_TABLE, OLD_APP = 'otp_totp_totpdevice', 'otp_totp'
COLUMNS = (
    'name', 'confirmed', 'key', 'drift', 'last_t', 'user_id',
)


def encrypt_authenticators(apps, schema_editor):
    """Take the authenticators over, and leave nothing of the table they stood in."""
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        if OLD_TABLE not in connection.introspection.table_names(cursor):
            return
        cursor.execute(f'SELECT {", ".join(COLUMNS)} FROM {OLD_TABLE} ORDER BY id')
        rows = [dict(zip(COLUMNS, row)) for row in cursor.fetchall()]
        Authenticator = apps.get_model('operators', 'Authenticator')
        Authenticator.objects.using(connection.alias).bulk_create(
            Authenticator(**{**row, 'confirmed': bool(row['confirmed'])}) for row in rows
        )
        if connection.vendor == 'sqlite':
            cursor.execute('PRAGMA secure_delete = ON')
        cursor.execute(f'DROP TABLE {OLD_TABLE}')
    # So that an installation begun with this version takes backups of this one.
    MigrationRecorder(connection).migration_qs.filter(app=OLD_APP).delete()


def end_sessions(apps, schema_editor):
    """Everybody signs in anew: what stood here was the session keys themselves."""
    using = schema_editor.connection.alias
    apps.get_model('operators', 'SignedIn').objects.using(using).all().delete()
    apps.get_model('sessions', 'Session').objects.using(using).all().delete()


class Migration(migrations.Migration):

    dependencies = [
        ('operators', '0012_authenticators'),
        ('sessions', '0001_initial'),
    ]

    operations = [
        migrations.RunPython(encrypt_authenticators, migrations.RunPython.noop),
        migrations.RunPython(end_sessions, migrations.RunPython.noop),
    ]
