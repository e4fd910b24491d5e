"""Unmodified firmware on a server its fleet was moved to (docs/migrating.md)."""

import pytest

from logs.models import LogEntry
from products.models import Product
from tests.imports.fleet.given import (
    KEY,
    PRODUCT_SECRET,
    imported,
    secret_of,
    table,
    token_of,
)
from tests.polling import eventually
from tests.processes import Listener
from tests.sdk.conftest import NewDevice

HEADER = "ProductKey,ProductSecret,DeviceName,DeviceSecret,ClientID,DeviceToken,Status"
KNOWN, UNKNOWN = "K19uYVknownknown000100", "K19uYVunknownunk000100"


@pytest.fixture
def fleet(transactional_db: None) -> None:
    """One device with its DeviceSecret, one with its DeviceToken, one whose token stayed behind."""
    rows = (
        f"{KEY},{PRODUCT_SECRET},lamp-secret,{secret_of(1)},,,ONLINE",
        f"{KEY},,lamp-token,{secret_of(2)},{KNOWN},{token_of(1)},ONLINE",
        f"{KEY},,lamp-lost,{secret_of(3)},{UNKNOWN},,ONLINE",
    )
    imported(table(*rows, header=HEADER))


def with_token(name: str, client_id: str, token: str) -> dict[str, str]:
    """As the SDK handed it to the firmware when it registered on the cloud."""
    extension = "authType=connwl,securemode=-2,_ss=1,ext=3,lan=Python,_v=1.2.13"
    return {
        "product_key": KEY,
        "device_name": name,
        "client_id": f"{client_id}|{extension}|",
        "username": f"{name}&{KEY}",
        "password": token,
    }


def refused() -> int:
    return LogEntry.objects.filter(device_name="lamp-lost", reason="bad_credential").count()


def test_devices_go_on_with_what_they_have_and_others_have_to_register_anew(
    fleet: None, listener: Listener, new_device: NewDevice
) -> None:
    secret = new_device()
    secret.start(listener, product_key=KEY, device_name="lamp-secret", device_secret=secret_of(1))
    assert secret.expect("connected")["rc"] == 0
    token = new_device()
    token.start(listener, **with_token("lamp-token", KNOWN, token_of(1)))
    assert token.expect("connected")["rc"] == 0
    lost = new_device()
    lost.start(listener, **with_token("lamp-lost", UNKNOWN, token_of(9)))
    # The SDK tries again and again with the same credential, and tells the firmware nothing.
    eventually(lambda: refused() >= 2, seconds=30)
    lost.power_off()
    Product.objects.update(dynamic_registration=True)
    anew = new_device()
    anew.start(
        listener,
        product_key=KEY,
        device_name="lamp-lost",
        product_secret=PRODUCT_SECRET,
        auth_type="regnwl",
    )
    assert anew.expect("registered")["rc"] == 0
