"""FIELD_KEYS are changed while devices register: docs/operations.md, step by step."""

import json
import ssl
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.conf import settings as django_settings

from common.crypto.encrypted_fields import fits, key_name
from devices.models import Device
from devices.operations.refusal import Refused
from iotconsole.encrypted_columns import SealedColumn
from iotconsole.secret_rotation import needed_keys
from protocol.client_id import RegistrationMode
from tests.clients.connects import registration_connect
from tests.clients.mqtt import MqttClient
from tests.factories import connect_by_secret, make_device, make_product
from tests.polling import eventually
from tests.processes import Listener, run_command, running_listener

pytestmark = pytest.mark.django_db(transaction=True)

REGISTER = RegistrationMode.REGISTER
# Enough that the command is killed before it is done.
MANY = 8_000


def ask(listener: Listener, packet: bytes) -> tuple[int, str]:
    """CONNACK and what was pushed."""
    tls = ssl.create_default_context(cafile=listener.ca_file)
    with MqttClient(listener.mqtts_port, tls) as client:
        client.send(packet)
        code = client.connack()
        return code, client.push().payload.decode() if code == 0 else ""


def with_keys(environment: Mapping[str, str], *keys: str) -> dict[str, str]:
    return {**environment, "FIELD_KEYS": ",".join(keys)}


def directory(tmp_path: Path, name: str) -> Path:
    made = tmp_path / name
    made.mkdir()
    return made


@pytest.fixture
def old(settings: LazySettings) -> str:
    key: str = settings.FIELD_KEYS[0]
    return key


@pytest.fixture
def new() -> str:
    return Fernet.generate_key().decode()


def test_a_process_without_the_new_key_refuses_what_it_cannot_read_and_serves_the_rest(
    process_environment: dict[str, str],
    tmp_path: Path,
    old: str,
    new: str,
    settings: LazySettings,
) -> None:
    """Why the new key is first appended everywhere."""
    mine = make_device(make_product(), "lamp-0001")
    settings.FIELD_KEYS = [new, old]
    theirs = make_device(make_product(), "lamp-0002")
    with running_listener(with_keys(process_environment, old), tmp_path) as listener:
        packets = [registration_connect(d.product, d.device_name, REGISTER) for d in (theirs, mine)]
        answers = [ask(listener, packet) for packet in packets]
        assert [code for code, _ in answers] == [3, 0]
        assert json.loads(answers[1][1])["deviceSecret"] == mine.device_secret
        eventually(lambda: "DecryptionError" in listener.process.output)
        assert "Traceback" not in listener.process.output


@pytest.mark.long
def test_nothing_is_lost_and_then_the_old_key_can_go(
    process_environment: dict[str, str],
    tmp_path: Path,
    old: str,
    new: str,
    settings: LazySettings,
) -> None:
    """One listener has the new key in front already, the other still has it behind; the command is
    killed once. Everything that was ever issued works with the new key alone."""
    product = make_product()
    crowd = [Device(product=product, device_name=f"crowd-{n}") for n in range(MANY)]
    Device.objects.bulk_create(crowd, batch_size=2000)
    waiting = [make_device(product, f"lamp-{number}") for number in range(10)]
    front = with_keys(process_environment, new, old)
    behind = with_keys(process_environment, old, new)
    with (
        running_listener(front, directory(tmp_path, "front")) as first,
        running_listener(behind, directory(tmp_path, "behind")) as second,
    ):
        delivered: dict[str, str] = {}

        def register(listener: Listener, devices: list[Device]) -> None:
            for device in devices:
                packet = registration_connect(product, device.device_name, REGISTER)
                code, pushed = ask(listener, packet)
                assert code == 0
                delivered[device.device_name] = json.loads(pushed)["deviceSecret"]
                # Creates a device, whose DeviceSecret is encrypted with that listener's first key.
                wild = registration_connect(product, f"w-{device.device_name}")
                assert ask(listener, wild)[0] == 0

        busy = [
            threading.Thread(target=register, args=(first, waiting[:5])),
            threading.Thread(target=register, args=(second, waiting[5:])),
        ]
        for thread in busy:
            thread.start()
        killed_halfway(front, settings, new, old)
        # Whether it ends with nothing left depends on how fast the second listener is just now.
        run_command("reencrypt_secrets", environment=front)
        for thread in busy:
            thread.join()
        # Nobody writes with the old key any more.
        said = reencrypted(front)
    assert said["key"] == key_name(new)
    assert delivered == {device.device_name: device.device_secret for device in waiting}
    settings.FIELD_KEYS = [new]
    assert set(needed_keys()) == {key_name(new)}
    for device in Device.objects.filter(device_name__in=delivered):
        assert device.device_secret == delivered[device.device_name]
        assert not isinstance(connect_by_secret(device), Refused)


def killed_halfway(
    environment: Mapping[str, str], settings: LazySettings, new: str, old: str
) -> None:
    """kill -9 as soon as some secrets are under the new key; then some still are not."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "reencrypt_secrets"],
        cwd=django_settings.BASE_DIR,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    settings.FIELD_KEYS = [new, old]
    try:
        # Without the pauses of `eventually`: it must not be done before it is killed.
        while not _under_the_new_key(new):
            assert process.poll() is None
    finally:
        process.kill()
        process.wait()
    needed = needed_keys()
    assert needed[key_name(new)] > 0
    assert needed[key_name(old)] > 0
    settings.FIELD_KEYS = [old]


def _under_the_new_key(new: str) -> int:
    """Count values under the new key among the first ten devices, which are done first."""
    rows = SealedColumn(Device, "device_secret").stored(Device.objects.all())[:10]
    return sum(fits(value, [new]) for _, value in rows)


def reencrypted(environment: Mapping[str, str]) -> dict[str, object]:
    done = run_command("reencrypt_secrets", "--json", environment=environment)
    assert done.returncode == 0, done.stderr
    said: dict[str, object] = json.loads(done.stdout)
    return said
