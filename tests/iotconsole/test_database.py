"""The database under the tests is the one production would have."""

import subprocess
import sys
import threading

import pytest
from django.conf import settings
from django.db import connection

from products.models import Product


@pytest.mark.django_db
def test_it_is_the_one_that_was_asked_for() -> None:
    expected = "sqlite" if settings.TEST_DATABASE == "sqlite" else "postgresql"
    assert connection.vendor == expected


@pytest.mark.sqlite
@pytest.mark.django_db
def test_sqlite_is_a_durable_write_ahead_file() -> None:
    with connection.cursor() as cursor:
        values = [
            cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert values == ["wal", 2, 1]
    assert connection.settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


@pytest.mark.django_db(transaction=True)
def test_a_thread_sees_what_the_test_committed() -> None:
    Product.objects.create(name="Seen by a thread")
    seen: list[bool] = []

    def look() -> None:
        try:
            seen.append(Product.objects.filter(name="Seen by a thread").exists())
        finally:
            connection.close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [True]


@pytest.mark.parametrize("settings_module", ["tests.settings", "iotconsole.settings"])
def test_a_process_sees_what_the_test_committed(
    process_environment: dict[str, str], settings_module: str
) -> None:
    Product.objects.create(name="Seen by a process")
    script = "from products.models import Product as P; print(P.objects.get().name)"
    shown = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", script],
        env={**process_environment, "DJANGO_SETTINGS_MODULE": settings_module},
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.stderr == ""
    assert shown.stdout == "Seen by a process\n"
