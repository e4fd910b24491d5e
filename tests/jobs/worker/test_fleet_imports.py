"""An import whose process is killed with -9 goes on with a worker, row for row."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from devices.models import Device
from imports.models import FleetImport, ImportState
from imports.operations.fleet_imports import upload_import
from operators.actor import SHELL
from tests.imports.fleet.given import line, read, secret_of, table
from tests.polling import eventually
from tests.processes import ServerProcess

ROWS = 6000


@pytest.fixture
def processes(process_environment: dict[str, str], tmp_path: Path) -> "Iterator[Processes]":
    started = Processes(process_environment, tmp_path)
    yield started
    started.close()


class Processes:
    def __init__(self, environment: dict[str, str], directory: Path) -> None:
        self._environment = {**environment, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        self._directory = directory
        self._running: list[subprocess.Popen[bytes] | ServerProcess] = []

    def command(self, *arguments: str) -> ServerProcess:
        log = self._directory / "command.log"
        process = ServerProcess(*arguments, environment=self._environment, log=log)
        self._running.append(process)
        return process

    def worker(self) -> None:
        """One that gives up a dead one's work soon."""
        with (self._directory / "worker.log").open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.jobs.worker.marking"],
                cwd=settings.BASE_DIR,
                env=self._environment,
                stdout=output,
                stderr=output,
            )
        self._running.append(process)

    def close(self) -> None:
        for process in self._running:
            process.kill()
            process.wait()


@pytest.mark.django_db(transaction=True)
def test_no_row_is_lost_or_done_twice_and_a_second_run_changes_nothing(
    processes: Processes, tmp_path: Path
) -> None:
    rows = table(*(line(number) for number in range(ROWS)))
    file = tmp_path / "fleet.csv"
    file.write_text(rows)
    command = processes.command("import_fleet", str(file))
    eventually(lambda: Device.objects.count() >= 500, seconds=60)
    command.kill()
    assert Device.objects.count() < ROWS
    processes.worker()
    eventually(lambda: FleetImport.objects.get().state == ImportState.DONE, seconds=60)
    done = FleetImport.objects.get().done
    assert (done["products_new"], done["devices_new"]) == (1, ROWS)
    secrets = {device.device_name: device.device_secret for device in Device.objects.all()}
    assert secrets == {f"lamp-{number:04}": secret_of(number) for number in range(ROWS)}
    again = upload_import(SHELL, read(rows))
    eventually(
        lambda: FleetImport.objects.get(pk=again.pk).state == ImportState.CHECKED, seconds=60
    )
    assert FleetImport.objects.get(pk=again.pk).found["devices_same"] == ROWS
