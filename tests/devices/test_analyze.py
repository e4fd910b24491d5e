import pytest
from django.db import connection
from django.utils import timezone

from devices.operations.analyze import refresh_statistics
from tests.factories import make_product


@pytest.mark.sqlite
@pytest.mark.django_db
def test_sqlite_knows_its_tables_afterwards() -> None:
    make_product()
    refresh_statistics(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'products_product'")
        assert cursor.fetchone()[0] > 0


@pytest.mark.django_db
def test_it_may_run_on_every_database() -> None:
    refresh_statistics(timezone.now())
