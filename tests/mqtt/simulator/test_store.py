"""The data that a simulated device saves."""

import stat
from pathlib import Path

import pytest

from mqtt.simulator.firmware import Credential, Firmware, SecretCredential, TokenCredential
from mqtt.simulator.store import CredentialStore, StoreError
from protocol.client_id import RegistrationMode


def firmware(
    name: str = "LightSwitch", mode: RegistrationMode = RegistrationMode.REGNWL
) -> Firmware:
    return Firmware("a1FCrJmPpk1", "h1nQFYPZS0mWabcd", name, mode)


@pytest.fixture
def store(tmp_path: Path) -> CredentialStore:
    return CredentialStore(tmp_path / "simulator")


@pytest.mark.parametrize(
    ("mode", "credential"),
    [
        (RegistrationMode.REGISTER, SecretCredential("0f48")),
        (RegistrationMode.REGNWL, TokenCredential("K19u", "token")),
    ],
)
def test_what_is_saved_is_loaded(
    store: CredentialStore, mode: RegistrationMode, credential: Credential
) -> None:
    device = firmware(mode=mode)
    assert store.load(device) is None
    store.save(device, credential)
    assert store.load(device) == credential


def test_only_its_owner_may_read_it(store: CredentialStore) -> None:
    store.save(firmware(), TokenCredential("K19u", "token"))
    assert stat.S_IMODE(store.path(firmware()).stat().st_mode) == 0o600
    assert stat.S_IMODE(store.directory.stat().st_mode) == 0o700


def test_the_product_secret_is_not_in_it(store: CredentialStore) -> None:
    store.save(firmware(), TokenCredential("K19u", "token"))
    assert "h1nQFYPZS0mWabcd" not in store.path(firmware()).read_text()


def test_names_that_differ_in_punctuation_do_not_share_a_file(store: CredentialStore) -> None:
    for name in ("a:bcd", "a@bcd", "a_bcd"):
        store.save(firmware(name), TokenCredential(name, "token"))
    for name in ("a:bcd", "a@bcd", "a_bcd"):
        assert store.load(firmware(name)) == TokenCredential(name, "token")


def test_a_later_registration_replaces_the_earlier(store: CredentialStore) -> None:
    store.save(firmware(), TokenCredential("first", "token"))
    store.save(firmware(), TokenCredential("second", "token"))
    assert store.load(firmware()) == TokenCredential("second", "token")
    assert len(list(store.directory.iterdir())) == 1


def test_forgotten_it_is_gone(store: CredentialStore) -> None:
    store.save(firmware(), TokenCredential("K19u", "token"))
    store.forget(firmware())
    store.forget(firmware())
    assert store.load(firmware()) is None


@pytest.mark.parametrize("damaged", ["", "[]", "{}", "no json", '{"product_key": "other"}'])
def test_a_damaged_file_is_told_with_its_name(store: CredentialStore, damaged: str) -> None:
    store.save(firmware(), TokenCredential("K19u", "token"))
    store.path(firmware()).write_text(damaged)
    with pytest.raises(StoreError, match=r"a1FCrJmPpk1\.LightSwitch"):
        store.load(firmware())


def test_a_directory_that_cannot_be_made_is_told_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = CredentialStore(tmp_path / "file" / "simulator")
    with pytest.raises(StoreError, match="simulator cannot be written"):
        store.save(firmware(), TokenCredential("K19u", "token"))
