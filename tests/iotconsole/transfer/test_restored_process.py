"""Devices connect to a backup that was restored on another machine."""

import ssl
from pathlib import Path

from django.conf import settings

from iotconsole.bootstrap_secrets import ensure_secrets
from tests.clients.connects import signed_connect, token_connect
from tests.clients.mqtt import MqttClient
from tests.iotconsole.transfer.world import make_world
from tests.processes import run_command, running_listener
from tests.shell import answer


def test_devices_connect_to_what_was_restored(
    process_environment: dict[str, str], tmp_path: Path
) -> None:
    """Everything is new there: the database, DATA_DIR, and the keys of a first run."""
    world, file, data_dir = make_world(), tmp_path / "backup", tmp_path / "data"
    answer("backup", str(file))
    ensure_secrets(data_dir)
    keys = {"FIELD_KEYS": ",".join(settings.FIELD_KEYS)}
    url = f"sqlite:///{data_dir / 'iotconsole.sqlite3'}"
    environment = {**process_environment, **keys, "DATABASE_URL": url, "TEST_DATABASE": url}
    restored = run_command(
        "restore", str(file), environment={**environment, "DATA_DIR": str(data_dir)}
    )
    assert "every secret opens" in restored.stdout, restored.stderr
    with running_listener(environment, data_dir) as listener:
        tls = ssl.create_default_context(cafile=listener.ca_file)
        for packet in (
            signed_connect(world.device),
            token_connect(world.product, world.token_name, world.issued),
        ):
            with MqttClient(listener.mqtts_port, tls) as client:
                client.send(packet)
                assert client.connack() == 0
