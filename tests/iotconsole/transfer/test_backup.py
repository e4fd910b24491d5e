"""`manage.py backup` and `restore`: what comes back is what was there."""

import json
import shutil
import stat
import zipfile
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from pytest_django import Settings

from devices.models import Device, DeviceCount
from devices.operations.refusal import Refused
from iotconsole.transfer import keys
from iotconsole.transfer.tables import Digest, all_tables
from logs.models import LogEntry
from operators.audit_verify import verify
from operators.models import AccessKey, AuditEntry, Authenticator, Operator, SignedIn
from products.models import Product
from tests.factories import connect_by_secret, connect_by_token, make_device, make_product
from tests.iotconsole.transfer.world import World, empty, make_world
from tests.shell import answer, failure, words

pytestmark = pytest.mark.django_db(transaction=True)

# Both commands add to the trail; who is signed in is left out on purpose.
MOVING = {"operators_auditentry", "operators_audithead", "devices_devicecount"}


@pytest.fixture
def data_dir(settings: Settings, tmp_path: Path) -> Path:
    """With secrets and a certificate, whose content is of no account here."""
    settings.DATA_DIR = tmp_path / "data"
    (settings.DATA_DIR / "pki").mkdir(parents=True)
    secrets = f"SECRET_KEY=s\nFIELD_KEYS={settings.FIELD_KEYS[0]}\nCODE_DIGEST_KEY=c\n"
    (settings.DATA_DIR / "secrets.env").write_text(secrets)
    (settings.DATA_DIR / "pki" / "ca.key").write_text("the CA's key")
    directory: Path = settings.DATA_DIR
    return directory


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def file(tmp_path: Path, data_dir: Path, world: World) -> Path:
    answer("backup", str(tmp_path / "a.backup"))
    return tmp_path / "a.backup"


def contents() -> dict[str, str]:
    digests = {}
    for table in all_tables():
        if table.name not in MOVING:
            digest = Digest()
            for row in table.rows("default"):
                digest.add(row)
            digests[table.name] = f"{digest.count} {digest.hex}"
    return digests


def rewritten(file: Path, member: str, text: str) -> Path:
    """The same backup, with other words in one member."""
    other = file.with_suffix(".changed")
    with zipfile.ZipFile(file) as before, zipfile.ZipFile(other, "w") as after:
        for name in before.namelist():
            after.writestr(name, text if name == member else before.read(name))
    return other


def manifest(file: Path) -> dict[str, object]:
    with zipfile.ZipFile(file) as archive:
        decoded: dict[str, object] = json.loads(archive.read("manifest.json"))
    return decoded


def test_everything_comes_back_and_goes_on(file: Path, world: World) -> None:
    before = contents()
    empty()
    restored = answer("restore", str(file))
    assert contents() == before
    assert restored["rows"]["devices_device"] == 2
    assert Device.objects.get(pk=world.device.pk).device_secret == world.device.device_secret
    assert AccessKey.objects.get().secret == world.key.secret
    assert Authenticator.objects.get().key == world.authenticator.key
    assert Operator.objects.get().check_password("correct horse battery")
    assert LogEntry.objects.get(trace_id="t").detail["a"] == [1, 1.5, None, True]
    assert not isinstance(connect_by_secret(world.device), Refused)
    assert not isinstance(connect_by_token(world.product, world.token_name, world.issued), Refused)
    make_product()
    assert verify().broken is None


def test_devices_are_counted_before_and_after(file: Path, world: World) -> None:
    empty()
    words("restore", str(file))
    make_device(world.product)
    counts = DeviceCount.objects.filter(product=world.product).values_list("total", "activated")
    assert tuple(map(sum, zip(*counts, strict=True))) == (3, 1)


def test_an_id_that_was_given_is_not_given_again(
    tmp_path: Path, data_dir: Path, world: World
) -> None:
    last = make_product(open_registration=False)
    number = last.pk
    last.delete()
    words("backup", str(tmp_path / "b"))
    empty()
    words("restore", str(tmp_path / "b"))
    assert make_product().pk > number


def test_both_stand_in_the_audit_trail(file: Path) -> None:
    assert AuditEntry.objects.get(act="installation.back_up").origin == "shell"
    empty()
    words("restore", str(file))
    assert AuditEntry.objects.get(act="installation.restore").facts["rows"] > 10


def test_nobody_is_signed_in_afterwards(tmp_path: Path, data_dir: Path, world: World) -> None:
    SignedIn.objects.create(operator=Operator.objects.get(), session_key="k")
    words("backup", str(tmp_path / "b"))
    empty()
    words("restore", str(tmp_path / "b"))
    assert not SignedIn.objects.exists()


def test_the_file_is_for_its_owner_only_and_replaces_none(file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "exists already" in failure("backup", str(file))["error"]
    assert [each.name for each in file.parent.glob("*backup*")] == [file.name]


def test_no_secret_of_a_device_stands_in_it_in_clear(file: Path, world: World) -> None:
    with zipfile.ZipFile(file) as archive:
        tables = [archive.read(n) for n in archive.namelist() if n.startswith("tables/")]
    text = b"".join(tables).decode()
    assert world.device.device_name in text
    for secret in (
        world.device.device_secret,
        world.product.product_secret,
        world.issued.device_token,
        world.key.secret,
    ):
        assert secret not in text


def test_keys_and_certificates_come_along(file: Path, data_dir: Path) -> None:
    before = (data_dir / "secrets.env").read_text()
    shutil.rmtree(data_dir)
    data_dir.mkdir()
    empty()
    words("restore", str(file))
    assert (data_dir / "secrets.env").read_text() == before
    assert (data_dir / "pki" / "ca.key").read_text() == "the CA's key"
    assert stat.S_IMODE((data_dir / "pki" / "ca.key").stat().st_mode) == 0o600


def test_the_keys_of_a_first_run_make_way(
    file: Path, data_dir: Path, settings: Settings, world: World
) -> None:
    old, new = settings.FIELD_KEYS, Fernet.generate_key().decode()
    (data_dir / "secrets.env").write_text(f"FIELD_KEYS={new}\n")
    settings.FIELD_KEYS = [new]
    empty()
    words("restore", str(file))
    assert old[0] in (data_dir / "secrets.env").read_text()
    assert new in (data_dir / f"secrets.env{keys.SET_ASIDE}").read_text()
    settings.FIELD_KEYS = old  # as the next start reads it
    assert Product.objects.get().product_secret == world.product.product_secret


def test_keys_of_the_environment_that_do_not_fit_leave_it_empty(
    file: Path, settings: Settings
) -> None:
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    empty()
    assert "fits none of FIELD_KEYS" in failure("restore", str(file))["error"]
    assert not Product.objects.exists()


def test_an_installation_in_use_is_left_alone(file: Path) -> None:
    before = contents()
    assert "not empty" in failure("restore", str(file))["error"]
    assert contents() == before


def test_a_row_that_was_changed_is_found(file: Path, world: World) -> None:
    with zipfile.ZipFile(file) as archive:
        rows = archive.read("tables/devices_device.jsonl").decode()
    changed = rewritten(file, "tables/devices_device.jsonl", rows.replace("lamp-0001", "lamp-0009"))
    empty()
    assert "not every row arrived" in failure("restore", str(changed))["error"]
    assert not Product.objects.exists()


def test_a_row_that_is_missing_is_found(file: Path) -> None:
    empty()
    changed = rewritten(file, "tables/logs_logentry.jsonl", "")
    assert "0 rows arrived of" in failure("restore", str(changed))["error"]


def test_a_trail_that_was_broken_before_is_found(tmp_path: Path, data_dir: Path) -> None:
    make_world()
    AuditEntry.objects.filter(number=2).update(target="somebody else")
    words("backup", str(tmp_path / "b"))
    empty()
    assert "audit trail does not hold" in failure("restore", str(tmp_path / "b"))["error"]
    assert not Product.objects.exists()


def test_another_version_is_told_apart(file: Path) -> None:
    said = manifest(file)
    applied = said["migrations"]
    assert isinstance(applied, list)
    empty()
    newer = said | {"migrations": [*applied, "devices.9999_of_tomorrow"]}
    changed = rewritten(file, "manifest.json", json.dumps(newer))
    assert "devices.9999_of_tomorrow" in failure("restore", str(changed))["error"]
    older = said | {"migrations": [name for name in applied if not name.startswith("devices.")]}
    changed = rewritten(file, "manifest.json", json.dumps(older))
    assert "older version, without devices.0001" in failure("restore", str(changed))["error"]


@pytest.mark.parametrize("content", [b"", b"PK not really", None])
def test_what_is_no_backup_is_refused_in_words(
    content: bytes | None, tmp_path: Path, data_dir: Path
) -> None:
    wrong = tmp_path / "wrong"
    if content is not None:
        wrong.write_bytes(content)
    assert str(wrong) in failure("restore", str(wrong))["error"]


def test_a_file_outside_of_the_data_directory_is_not_written(file: Path, tmp_path: Path) -> None:
    said = manifest(file) | {"files": ["../evil"]}
    empty()
    changed = rewritten(file, "manifest.json", json.dumps(said))
    assert "outside" in failure("restore", str(changed))["error"]
    assert not (tmp_path / "evil").exists()
    assert not connection.in_atomic_block
