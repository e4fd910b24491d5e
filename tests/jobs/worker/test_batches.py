"""A batch that a back end asked for goes on when its worker is killed with -9, row for row."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from devices.models import Device
from products.models import Product
from tests import rpc
from tests.factories import make_product
from tests.imports.batches.lists import names
from tests.polling import eventually

# The first worker is killed while it adds those after the first thousand.
ROWS, ADDED = 3000, 1000


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

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        with self._log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.jobs.worker.marking", *arguments],
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


class Batch:
    """As the back end sees it."""

    def __init__(self, product: Product) -> None:
        self._given: dict[str, Any] = {"ProductKey": product.product_key}
        self._call("BatchCheckDeviceNames", form=True, DeviceName=names(ROWS))

    def _call(self, action: str, **more: Any) -> dict[str, Any]:
        data: dict[str, Any] = rpc.data(action, **self._given, **more)
        self._given |= {"ApplyId": data.get("ApplyId", self._given.get("ApplyId"))}
        return data

    def add(self) -> None:
        self._call("BatchRegisterDeviceWithApplyId")

    def status(self) -> str:
        status: str = self._call("QueryBatchRegisterDeviceStatus")["Status"]
        return status

    def added(self) -> int:
        total: int = rpc.call("QueryPageByApplyId", ApplyId=self._given["ApplyId"])["Total"]
        return total


def secrets() -> dict[str, str]:
    return {device.device_name: device.device_secret for device in Device.objects.all()}


@pytest.mark.django_db(transaction=True)
def test_no_row_is_lost_or_added_twice_and_no_secret_changes(workers: Workers) -> None:
    batch = Batch(make_product())
    first = workers.start(str(ADDED))
    eventually(lambda: batch.status() == "CHECK_SUCCESS", seconds=90)
    batch.add()
    # Not through the API, which writes too: the worker may hold the only lock there is.
    eventually(lambda: Device.objects.count() == ADDED, seconds=90)
    first.send_signal(signal.SIGKILL)
    first.wait()
    before = secrets()
    assert len(before) == batch.added() == ADDED
    workers.start()
    assert batch.status() == "CREATE"
    eventually(lambda: batch.status() == "CREATE_SUCCESS", seconds=90)
    after = secrets()
    assert set(after) == set(names(ROWS))
    assert {name: after[name] for name in before} == before
    assert batch.added() == ROWS
