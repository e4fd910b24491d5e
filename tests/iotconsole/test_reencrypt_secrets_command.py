"""`manage.py reencrypt_secrets`."""

import io
import json
import threading
from collections.abc import Callable, Iterator

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models
from django.db.models.expressions import RawSQL
from pytest_django.fixtures import Settings

from common.crypto.encrypted_fields import (
    DecryptionError,
    EncryptedTextField,
    decrypt,
    encrypt,
    key_name,
)
from devices.models import Device
from imports.fleet.records import unpack
from iotconsole import encrypted_columns, secret_rotation
from iotconsole.encrypted_columns import SealedColumn, sealed_columns
from operators.actor import SHELL
from operators.models import AccessKey, AccessKeyScope, Authenticator
from operators.operations.access_keys import create_access_key
from products.models import Product
from tests.factories import make_device, make_product
from tests.imports.fleet.given import checked, line, table
from tests.operators.people import person
from tests.shell import answer, failure, words

pytestmark = pytest.mark.django_db


def new_key() -> str:
    return Fernet.generate_key().decode()


@pytest.fixture
def old(settings: Settings) -> str:
    """The key there was; a new one stands in front of it."""
    key: str = settings.FIELD_KEYS[0]
    settings.FIELD_KEYS = [new_key(), key]
    return key


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encrypted_columns, "_SHORT", 2)


@pytest.mark.usefixtures("small_chunks")
def test_afterwards_the_old_key_is_needed_no_more(settings: Settings) -> None:
    product = make_product()
    devices = [make_device(product) for _ in range(5)]
    key = create_access_key(SHELL, "line", AccessKeyScope.DEVICES)
    app = Authenticator.objects.create(user=person("lin"), name="Authenticator")
    old, new = settings.FIELD_KEYS[0], new_key()
    settings.FIELD_KEYS = [new, old]
    assert answer("reencrypt_secrets") == {
        "reencrypted": 8,
        "secrets": 8,
        "outdated": 0,
        "key": key_name(new),
    }
    settings.FIELD_KEYS = [new]
    assert Product.objects.get().product_secret == product.product_secret
    assert AccessKey.objects.get().secret == key.secret
    assert Authenticator.objects.get().key == app.key
    for device in devices:
        assert Device.objects.get(pk=device.pk).device_secret == device.device_secret
    settings.FIELD_KEYS = [old]
    with pytest.raises(DecryptionError):
        Product.objects.get()


def test_what_an_earlier_version_wrote_is_encrypted_as_this_one_does(settings: Settings) -> None:
    device = make_device(make_product())
    token = Fernet(settings.FIELD_KEYS[0]).encrypt(device.device_secret.encode()).decode()
    Device.objects.update(device_secret=RawSQL("%s", [token]))
    assert list(raw(Device, "device_secret")) == [token]
    assert answer("reencrypt_secrets")["reencrypted"] == 1
    assert list(raw(Device, "device_secret")) != [token]
    assert Device.objects.get().device_secret == device.device_secret


def test_what_waits_to_be_imported_is_encrypted_anew_too(settings: Settings) -> None:
    fleet = checked(table(line(1)))
    old, new = settings.FIELD_KEYS[0], new_key()
    settings.FIELD_KEYS = [new, old]
    answer("reencrypt_secrets")
    settings.FIELD_KEYS = [new]
    assert unpack(bytes(fleet.parts.get().payload))


def test_a_secret_that_fits_no_key_is_named_and_left_alone_and_the_others_are_not(
    settings: Settings,
) -> None:
    lost, keys = make_product(), settings.FIELD_KEYS
    settings.FIELD_KEYS = [new_key()]
    other = make_product()
    settings.FIELD_KEYS = [new_key(), *settings.FIELD_KEYS]
    said = failure("reencrypt_secrets")["error"]
    assert said.startswith("1 secrets fit none of FIELD_KEYS")
    assert f"products_product.product_secret, row {lost.pk}." in said
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    assert Product.objects.get(pk=other.pk).product_secret == other.product_secret
    settings.FIELD_KEYS = keys
    assert Product.objects.get(pk=lost.pk).product_secret == lost.product_secret


def test_a_process_that_goes_on_writing_with_the_old_key_is_not_run_after_for_ever(
    settings: Settings, old: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_product()
    new, looks = settings.FIELD_KEYS[0], secret_rotation._look

    def look(result: secret_rotation.Rekeyed, told: Callable[[int], object]) -> None:
        settings.FIELD_KEYS = [old, new]
        make_product()
        settings.FIELD_KEYS = [new, old]
        looks(result, told)

    monkeypatch.setattr(secret_rotation, "_look", look)
    output = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("reencrypt_secrets", stdout=output)
    assert "1 were written with another key meanwhile" in output.getvalue()


def test_a_second_run_writes_nothing(old: str) -> None:
    make_device(make_product())
    answer("reencrypt_secrets")
    stored = list(raw(Device, "device_secret"))
    assert answer("reencrypt_secrets")["reencrypted"] == 0
    assert list(raw(Device, "device_secret")) == stored


@pytest.mark.usefixtures("small_chunks")
def test_a_run_that_was_cut_off_goes_on_where_it_was(settings: Settings) -> None:
    product = make_product()
    for _ in range(9):
        make_device(product)
    settings.FIELD_KEYS = [new_key(), *settings.FIELD_KEYS]
    looked_at = iter(range(3))
    with pytest.raises(StopIteration):
        secret_rotation.reencrypt_secrets(lambda _: next(looked_at))
    needed = answer_of_check()["needed"]
    assert sorted(needed.values()) == [3, 7]
    assert answer("reencrypt_secrets")["reencrypted"] == 3


def answer_of_check() -> dict[str, dict[str, int]]:
    """The JSON that `--check` prints with exit code 1."""
    output = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("reencrypt_secrets", "--check", "--json", stdout=output)
    said: dict[str, dict[str, int]] = json.loads(output.getvalue())
    return said


def test_a_check_says_which_key_is_needed_by_how_many(settings: Settings, old: str) -> None:
    make_product()
    new, lost = settings.FIELD_KEYS[0], new_key()
    settings.FIELD_KEYS = [old]
    make_product()
    make_product()
    settings.FIELD_KEYS = [lost]
    make_product()
    settings.FIELD_KEYS = [new, old]
    assert answer_of_check()["needed"] == {key_name(new): 1, key_name(old): 2, "": 1}


def test_when_only_the_first_key_is_needed_a_check_says_so() -> None:
    make_product()
    assert "Only the first key is needed." in words("reencrypt_secrets", "--check")


def test_a_secret_written_meanwhile_by_a_process_with_the_old_key_first_is_caught(
    settings: Settings, old: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is written after its table was looked at, so only another look finds it."""
    product, new = make_product(), settings.FIELD_KEYS[0]
    written: list[Product] = []

    def write_with_the_old_key(_: int) -> None:
        if not written:
            settings.FIELD_KEYS = [old, new]
            written.append(make_product())
            settings.FIELD_KEYS = [new, old]

    column = SealedColumn(Product, "product_secret")
    monkeypatch.setattr(secret_rotation, "sealed_columns", lambda: iter([column]))
    secret_rotation.reencrypt_secrets(write_with_the_old_key)
    settings.FIELD_KEYS = [new]
    kept = [Product.objects.get(pk=each.pk).product_secret for each in (product, written[0])]
    assert kept == [product.product_secret, written[0].product_secret]


def test_a_secret_that_changes_under_its_hands_stays_changed(
    settings: Settings, old: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FIELD_KEYS = [old]
    product = make_product()
    settings.FIELD_KEYS = [new_key(), old]
    anew = SealedColumn.anew

    def change_first(
        column: SealedColumn, stored: encrypted_columns.Sealed
    ) -> encrypted_columns.Sealed:
        if column.name == "product_secret":
            settings.FIELD_KEYS.reverse()
            Product.objects.update(product_secret="changed-meanwhile")
            settings.FIELD_KEYS.reverse()
            monkeypatch.setattr(SealedColumn, "anew", anew)
        return anew(column, stored)

    monkeypatch.setattr(SealedColumn, "anew", change_first)
    answer("reencrypt_secrets")
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    assert Product.objects.get(pk=product.pk).product_secret == "changed-meanwhile"


@pytest.mark.django_db(transaction=True)
def test_while_others_write_nothing_is_lost(settings: Settings) -> None:
    """Devices are added and secrets replaced all the time, by a process with either key first."""
    product = make_product()
    for _ in range(20):
        make_device(product)
    settings.FIELD_KEYS = [new_key(), *settings.FIELD_KEYS]
    expected = {each.pk: each.device_secret for each in Device.objects.all()}
    stop = threading.Event()

    def keep_writing() -> None:
        while not stop.is_set() and len(expected) < 80:
            added = make_device(product)
            expected[added.pk] = added.device_secret
            Device.objects.filter(pk=added.pk).update(device_secret=f"secret-{added.pk}")
            expected[added.pk] = f"secret-{added.pk}"
        connection.close()

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        for _ in range(3):
            settings.FIELD_KEYS = [new_key(), *settings.FIELD_KEYS]
            secret_rotation.reencrypt_secrets()
    finally:
        stop.set()
        writer.join()
    secret_rotation.reencrypt_secrets()
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    assert dict(Device.objects.values_list("pk", "device_secret")) == expected


def raw(model: type[models.Model], name: str) -> Iterator[str]:
    return (value for _, value in SealedColumn(model, name).after(0))  # type: ignore[misc]


def test_every_encrypted_column_is_among_those_that_are_looked_at() -> None:
    found = {(column.model, column.name) for column in sealed_columns()}
    encrypted = {
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, EncryptedTextField | models.BinaryField) or "seal" in field.name
    }
    assert len(encrypted) >= 6
    assert found == encrypted


def test_encrypting_twice_never_gives_the_same() -> None:
    assert encrypt("one") != encrypt("one")
    assert decrypt(encrypt("one")) == "one"
