"""The story of devices at a site of many machines, from registration to Switch."""

import pytest

from mqtt.simulator.firmware import TokenCredential, registration_login
from protocol import mqtt
from protocol.validators import RegistrationMode
from tests.deploy.conftest import NewUnit
from tests.deploy.console import Console
from tests.deploy.devices import C_SDK_SUITE
from tests.deploy.site import Site

pytestmark = pytest.mark.long
FAR = "127.0.0.77"  # where a device is; everything else here comes from 127.0.0.1


@pytest.mark.parametrize("suite", ["", C_SDK_SUITE])
@pytest.mark.parametrize("mode", list(RegistrationMode))
def test_a_device_registers_through_the_proxy_and_the_log_has_its_address(
    site: Site, unit: NewUnit, mode: RegistrationMode, suite: str
) -> None:
    device = unit(mode)
    device.register(address=FAR, suite=suite)
    assert site.logged(device.firmware.device_name, mode.value) == [("ok", FAR)]


@pytest.mark.parametrize("mode", list(RegistrationMode))
def test_a_device_connects_at_the_broker_and_exchanges_messages(
    site: Site, unit: NewUnit, mode: RegistrationMode
) -> None:
    device = unit(mode)
    device.register()
    heard = site.broker.listen(device.topic("user/update"))
    connection = device.connect(suite=C_SDK_SUITE)
    connection.subscribe(device.topic("user/get"))
    assert connection.granted.get(timeout=15) == 1

    assert site.broker.send(device.topic("user/get"), "for the device")
    received = connection.message()
    assert (received.topic, received.payload) == (device.topic("user/get"), b"for the device")

    connection.publish(device.topic("user/update"), "from the device")
    connection.published.get(timeout=15)
    assert site.broker.take(heard) == ["from the device"]
    assert site.logged(device.firmware.device_name, "online")[0][0] == "activated"


@pytest.mark.parametrize("publishes", [True, False])
def test_a_device_that_uses_anothers_topic_is_cut_off_and_the_log_says_so(
    site: Site, unit: NewUnit, publishes: bool
) -> None:
    device = unit()
    device.register()
    foreign = f"/{device.firmware.product_key}/another/user/get"
    heard = site.broker.listen(foreign)
    connection = device.connect()
    if publishes:
        connection.publish(foreign, "not mine")
    else:
        connection.subscribe(foreign)
    assert connection.is_closed()
    operation = "publish" if publishes else "subscribe"
    denied = site.logged(device.firmware.device_name, operation)
    assert [reason for reason, _ in denied] == ["topic_denied"]
    assert site.broker.take(heard) == []
    device.connect()


def test_of_two_clones_switch_keeps_one_and_the_other_is_out_for_good(
    site: Site, unit: NewUnit, console: Console
) -> None:
    genuine, clone = unit(), unit()
    kept = genuine.register()
    assert isinstance(kept, TokenCredential)
    clone.register()
    first = genuine.connect()
    second = clone.connect()
    # One of a name at a time, though to the broker they are two. Whose so new a connection is, it
    # does not know yet; so this is what the worker does once more after ten seconds.
    assert first.is_closed()

    name = genuine.firmware.device_name
    act = f"/devices/{genuine.firmware.product_key}/{name}/switch/"
    console.confirm_at(act)
    done = console.submit(act, {"client_id": kept.client_id})
    assert "One physical device is kept" in done.text

    assert second.is_closed()
    assert not clone.tries().is_accepted
    assert not clone.asks().is_accepted
    genuine.connect()
    refused = [reason for reason, _ in site.logged(name, "online")]
    assert refused == ["activated", "online", "client_id_void", "online"]
    assert [r for r, _ in site.logged(name, "regnwl")] == ["ok", "ok", "registration_refused"]


def test_a_device_that_is_disabled_while_connected_is_out_and_may_come_back(
    site: Site, unit: NewUnit, console: Console
) -> None:
    device = unit(RegistrationMode.REGISTER)
    device.register()
    connection = device.connect()
    page = f"/devices/{device.firmware.product_key}/{device.firmware.device_name}/"
    console.confirm_at(page + "disable/")
    console.submit(page + "disable/", {})
    assert connection.is_closed()
    # At once, and again: no cache lets it in.
    for _ in range(3):
        assert not device.tries().is_accepted
    console.submit(page + "enable/", {})
    device.connect()


def test_a_registration_that_reaches_the_broker_is_refused(site: Site, unit: NewUnit) -> None:
    device = unit()
    login = registration_login(device.firmware)
    connect = mqtt.connect(login.client_id, login.username, login.password)
    assert site.broker.connack_to(connect) == 4
    assert site.logged(device.firmware.device_name, "online")[0][0] == "registration_at_broker"
