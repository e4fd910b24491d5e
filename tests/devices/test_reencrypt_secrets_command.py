"""`manage.py reencrypt_secrets`."""

import pytest
from cryptography.fernet import Fernet
from django.db.models import TextField
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast
from pytest_django.fixtures import Settings

from devices.fleet.items import unpack
from devices.models import Device
from devices.operations import rekey
from iotconsole.kit.fields import DecryptionError
from operators.actor import SHELL
from operators.models import AccessKey, AccessKeyScope
from operators.operations.access_keys import create_access_key
from products.models import Product
from tests.devices.fleet.given import checked, line, table
from tests.factories import make_device, make_product
from tests.shell import answer, failure

pytestmark = pytest.mark.django_db


def test_afterwards_the_old_key_is_needed_no_more(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rekey, "_CHUNK", 2)
    product = make_product()
    devices = [make_device(product) for _ in range(5)]
    key = create_access_key(SHELL, "line", AccessKeyScope.DEVICES)
    old, new = settings.FIELD_KEYS[0], Fernet.generate_key().decode()
    settings.FIELD_KEYS = [new, old]
    assert answer("reencrypt_secrets") == {"reencrypted": 7}
    settings.FIELD_KEYS = [new]
    assert Product.objects.get().product_secret == product.product_secret
    assert AccessKey.objects.get().secret == key.secret
    for device in devices:
        assert Device.objects.get(pk=device.pk).device_secret == device.device_secret
    settings.FIELD_KEYS = [old]
    with pytest.raises(DecryptionError):
        Product.objects.get()


def test_what_an_earlier_version_wrote_is_encrypted_as_this_one_does(settings: Settings) -> None:
    device = make_device(make_product())
    token = Fernet(settings.FIELD_KEYS[0]).encrypt(device.device_secret.encode()).decode()
    sealed = Cast("device_secret", TextField())
    Device.objects.update(device_secret=RawSQL("%s", [token]))
    assert Device.objects.values_list(sealed, flat=True).get() == token
    answer("reencrypt_secrets")
    assert Device.objects.values_list(sealed, flat=True).get() != token
    assert Device.objects.get().device_secret == device.device_secret


def test_what_waits_to_be_imported_is_encrypted_anew_too(settings: Settings) -> None:
    fleet = checked(table(line(1)))
    old, new = settings.FIELD_KEYS[0], Fernet.generate_key().decode()
    settings.FIELD_KEYS = [new, old]
    answer("reencrypt_secrets")
    settings.FIELD_KEYS = [new]
    assert unpack(bytes(fleet.parts.get().payload))


def test_a_secret_that_fits_no_key_is_said_and_left_alone(settings: Settings) -> None:
    product, keys = make_product(), settings.FIELD_KEYS
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    assert "FIELD_KEYS" in str(failure("reencrypt_secrets"))
    settings.FIELD_KEYS = keys
    assert Product.objects.get().product_secret == product.product_secret
