"""The triggers that keep DeviceCount.

They belong to the table, not to a migration: on SQLite a migration that changes the devices' table
makes it anew, without its triggers. So after each `migrate` they are put back, and where they were
missing everything is counted again.
"""

from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Count

from devices.models import Device, DeviceCount

_EVENTS = {"insert": "INSERT", "activate": "UPDATE OF activated_at", "delete": "DELETE"}

# {n} is 1 for a row that came, -1 for one that went.
_SQLITE_COUNT = """
    INSERT INTO devices_devicecount (product_id, total, activated, folded)
        SELECT {row}.product_id, 0, 0, true WHERE NOT EXISTS (
            SELECT 1 FROM devices_devicecount WHERE folded AND product_id = {row}.product_id);
    UPDATE devices_devicecount
        SET total = total + {n}, activated = activated + {n} * ({row}.activated_at IS NOT NULL)
        WHERE folded AND product_id = {row}.product_id;
"""
_SQLITE_WHEN = {"activate": "WHEN (OLD.activated_at IS NULL) <> (NEW.activated_at IS NULL)"}
_SQLITE_BODIES = {
    "insert": _SQLITE_COUNT.format(row="NEW", n=1),
    # The row is there: its product has this device.
    "activate": """
    UPDATE devices_devicecount
        SET activated = activated + (NEW.activated_at IS NOT NULL) - (OLD.activated_at IS NOT NULL)
        WHERE folded AND product_id = NEW.product_id;
    """,
    "delete": _SQLITE_COUNT.format(row="OLD", n=-1),
}

_POSTGRES_COUNT = """
    INSERT INTO devices_devicecount (product_id, total, activated, folded)
        SELECT product_id, {n} * count(*), {n} * count(activated_at), false
        FROM changed GROUP BY product_id;
"""
_POSTGRES_BODIES = {
    "insert": _POSTGRES_COUNT.format(n=1),
    "activate": """
    INSERT INTO devices_devicecount (product_id, total, activated, folded)
        VALUES (NEW.product_id, 0, CASE WHEN NEW.activated_at IS NULL THEN -1 ELSE 1 END, false);
    """,
    "delete": _POSTGRES_COUNT.format(n=-1),
}
_POSTGRES_FOR = {
    "insert": "REFERENCING NEW TABLE AS changed FOR EACH STATEMENT",
    # PostgreSQL gives no table of what changed to a trigger that watches one column.
    "activate": "FOR EACH ROW WHEN ((OLD.activated_at IS NULL) <> (NEW.activated_at IS NULL))",
    "delete": "REFERENCING OLD TABLE AS changed FOR EACH STATEMENT",
}


def keep_counting(using: str, **_: Any) -> None:
    """Receiver of post_migrate."""
    connection = connections[using]
    tables = connection.introspection.table_names()
    if DeviceCount._meta.db_table in tables and _missing(connection):
        with transaction.atomic(using=using):
            _install(connection)
            recount(using)


def stop_counting(using: str) -> None:
    """Remove the triggers, before all devices are written at once. `keep_counting` undoes it."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for event in _EVENTS:
            where = " ON devices_device" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS device_count_{event}{where}")
    DeviceCount.objects.using(using).all().delete()


def recount(using: str = "default") -> None:
    """Count all devices anew. Those who add or delete devices wait meanwhile."""
    connection = connections[using]
    with transaction.atomic(using=using):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE devices_device IN SHARE ROW EXCLUSIVE MODE")
        DeviceCount.objects.using(using).all().delete()
        counted = Device.objects.using(using).order_by().values_list("product_id")
        DeviceCount.objects.using(using).bulk_create(
            DeviceCount(product_id=product, total=total, activated=activated, folded=True)
            for product, total, activated in counted.annotate(Count("pk"), Count("activated_at"))
        )


def _missing(connection: BaseDatabaseWrapper) -> bool:
    catalogue = {
        "sqlite": "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s",
        "postgresql": "SELECT count(*) FROM pg_trigger WHERE tgname LIKE %s "
        "AND tgrelid = 'devices_device'::regclass",
    }
    with connection.cursor() as cursor:
        cursor.execute(catalogue[connection.vendor], [r"device\_count\_%"])
        row = cursor.fetchone()
    return row is None or row[0] != len(_EVENTS)


def _install(connection: BaseDatabaseWrapper) -> None:
    statement = {"sqlite": _on_sqlite, "postgresql": _on_postgres}[connection.vendor]
    with connection.cursor() as cursor:
        for event in _EVENTS:
            for sql in statement(event):
                cursor.execute(sql)


def _on_sqlite(event: str) -> list[str]:
    name = f"device_count_{event}"
    return [
        f"DROP TRIGGER IF EXISTS {name}",
        f"CREATE TRIGGER {name} AFTER {_EVENTS[event]} ON devices_device "
        f"{_SQLITE_WHEN.get(event, '')} BEGIN {_SQLITE_BODIES[event]} END",
    ]


def _on_postgres(event: str) -> list[str]:
    name = f"device_count_{event}"
    return [
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {_POSTGRES_BODIES[event]} RETURN NULL; END $$",
        f"CREATE OR REPLACE TRIGGER {name} AFTER {_EVENTS[event]} ON devices_device "
        f"{_POSTGRES_FOR[event]} EXECUTE FUNCTION {name}()",
    ]
