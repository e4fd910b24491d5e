"""A batch whose worker is killed with -9 goes on with the next one, row for row."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from devices.models import BatchState, Device, DeviceBatch
from devices.operations.batches import add_batch
from operators.actor import SHELL
from tests.devices.batches.lists import names, uploaded
from tests.factories import make_product
from tests.polling import eventually

ROWS = 12_000


@pytest.fixture
def workers(process_environment: dict[str, str], tmp_path: Path) -> "Iterator[Workers]":
    running = Workers(process_environment, tmp_path / "worker.log")
    yield running
    running.close()


class Workers:
    """Real workers, one after the other, that give up a dead one's work soon."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment = {**environment, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        self._log = log
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self) -> "subprocess.Popen[bytes]":
        with self._log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.registration.worker.marking"],
                cwd=settings.BASE_DIR,
                env=self._environment,
                stdout=output,
                stderr=output,
            )
        self._started.append(process)
        return process

    def close(self) -> None:
        for process in self._started:
            process.kill()
            process.wait()


def now(batch: DeviceBatch) -> DeviceBatch:
    return DeviceBatch.objects.get(pk=batch.pk)


def secrets() -> dict[str, str]:
    return {device.device_name: device.device_secret for device in Device.objects.all()}


@pytest.mark.django_db(transaction=True)
def test_no_row_is_lost_or_added_twice_and_no_secret_changes(workers: Workers) -> None:
    batch = uploaded(make_product(), *names(ROWS))
    first = workers.start()
    eventually(lambda: now(batch).state == BatchState.CHECK_SUCCESS, seconds=90)
    add_batch(SHELL, batch.pk)
    eventually(lambda: now(batch).added >= 1000, seconds=90)
    first.send_signal(signal.SIGKILL)
    first.wait()
    before = secrets()
    assert 1000 <= len(before) < ROWS
    workers.start()
    eventually(lambda: now(batch).state == BatchState.CREATE_SUCCESS, seconds=90)
    after = secrets()
    assert set(after) == set(names(ROWS))
    assert {name: after[name] for name in before} == before
    assert now(batch).added == ROWS
