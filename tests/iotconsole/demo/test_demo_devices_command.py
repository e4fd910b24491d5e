"""`manage.py demo_devices`: what the demonstration shows as online is online."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from devices.models import ClientBinding, Session
from tests.polling import eventually
from tests.processes import Listener, ServerProcess, run_command, running_listener


def online() -> list[str]:
    live = Session.objects.filter(ended_at__isnull=True)
    return list(live.order_by("device__device_name").values_list("device__device_name", flat=True))


@contextmanager
def playing(server: Listener, log: Path) -> Iterator[ServerProcess]:
    devices = ServerProcess("demo_devices", environment=server.environment, log=log)
    try:
        yield devices
    finally:
        devices.close()


def test_the_healthy_devices_connect_and_leave_with_it(
    process_environment: dict[str, str], tmp_path: Path
) -> None:
    with running_listener(process_environment, tmp_path / "data") as server:
        made = run_command("demo", environment=server.environment)
        assert made.returncode == 0, made.stderr
        bindings = ClientBinding.objects.count()
        with playing(server, tmp_path / "devices.log") as devices:
            expected = ["00:1A:2B:3C:4D:01", "hall-lamp", "kitchen-lamp"]
            eventually(lambda: online() == expected)
            assert devices.stop() == 0
            eventually(lambda: online() == [])
        assert ClientBinding.objects.count() == bindings
        assert "Traceback" not in devices.output


@pytest.mark.django_db
def test_without_a_demonstration_it_says_what_to_do() -> None:
    with pytest.raises(CommandError, match=r"manage\.py demo"):
        call_command("demo_devices")
