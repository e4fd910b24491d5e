"""`manage.py prune_logs`."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from logs.models import LogEntry, ServiceType
from logs.operations import log_writer, prune
from logs.reasons import Reason
from tests.shell import answer, failure

pytestmark = pytest.mark.django_db


def write_entries(days_old: int, count: int = 1) -> None:
    event = log_writer.Event(
        service_type=ServiceType.DEVICE, operation="online", reason=Reason.ONLINE
    )
    log_writer.write([event] * count, timezone.now() - timedelta(days=days_old))


def test_entries_older_than_the_setting_go_and_younger_ones_stay(
    settings: Settings,
) -> None:
    settings.LOG_RETENTION_DAYS = 30
    write_entries(31)
    write_entries(29)
    assert answer("prune_logs")["deleted"] == 1
    assert LogEntry.objects.count() == 1


def test_days_overrides_the_setting() -> None:
    write_entries(3)
    write_entries(1)
    assert answer("prune_logs", "--days", "2")["deleted"] == 1


def test_what_exceeds_one_chunk_is_deleted_in_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prune, "_CHUNK", 4)
    write_entries(40, count=10)
    assert answer("prune_logs")["deleted"] == 10
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("days", ["0", "-1", "40000"])
def test_days_out_of_range_are_refused(days: str) -> None:
    write_entries(40)
    assert "--days" in failure("prune_logs", f"--days={days}")["error"]
    assert LogEntry.objects.count() == 1
