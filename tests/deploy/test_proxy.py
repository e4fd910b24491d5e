"""HAProxy with deploy/haproxy in front of real servers."""

import signal
import socket
import ssl
from contextlib import ExitStack, closing
from urllib.parse import urlencode
from uuid import uuid4

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.utils import timezone

from mqtt.simulator.firmware import SecretCredential, registration_login
from protocol import mqtt, rpc, signing
from protocol.validators import RegistrationMode
from tests.deploy.conftest import NewUnit
from tests.deploy.devices import C_SDK_SUITE, PATIENCE, client_tls
from tests.deploy.site import MAX_FROM_ONE, MAX_NO_MQTT, WEBHOOK_SECRET, Site
from tests.polling import eventually
from tests.rpc import VERSION

pytestmark = pytest.mark.long
FAR = "127.0.0.77"
# Less than HAProxy waits for a packet that may still come.
AT_ONCE = 5.0
# Bytes that do not fit into HAProxy's buffer.
LARGE = 100_000
# Characters of a URL that do.
LONG = 40_000


def plain(site: Site, port: str = "mqtts", address: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection(
        ("127.0.0.1", site.ports[port]), timeout=PATIENCE, source_address=(address, 0)
    )


def secure(site: Site, port: str = "mqtts", address: str = "127.0.0.1") -> ssl.SSLSocket:
    return client_tls(site).wrap_socket(plain(site, port, address), server_hostname="localhost")


def is_closed(connection: socket.socket) -> bool:
    """Waits for it as long as the socket does."""
    try:
        return connection.recv(1) == b""
    except (ConnectionError, ssl.SSLEOFError):
        return True


@pytest.mark.parametrize(
    ("host", "suite", "kind"),
    [
        ("localhost", "", ec.EllipticCurvePublicKey),
        ("localhost", C_SDK_SUITE, rsa.RSAPublicKey),
        # An IP address is no server name: then everybody is shown what everybody can use.
        ("127.0.0.1", C_SDK_SUITE, rsa.RSAPublicKey),
        ("127.0.0.1", "", rsa.RSAPublicKey),
    ],
)
def test_each_client_is_shown_the_certificate_it_can_use(
    site: Site, host: str, suite: str, kind: type
) -> None:
    context = client_tls(site, suite)
    with context.wrap_socket(plain(site), server_hostname=host) as connection:
        shown = connection.getpeercert(binary_form=True)
    assert shown
    assert isinstance(x509.load_der_x509_certificate(shown).public_key(), kind)


def test_who_says_nothing_is_closed_and_who_is_online_stays(site: Site, unit: NewUnit) -> None:
    device = unit()
    device.register()
    online = device.connect()
    login = registration_login(device.firmware)
    connect = mqtt.connect(login.client_id, login.username, login.password)
    with ExitStack() as opened:
        no_handshake = opened.enter_context(closing(plain(site)))
        no_packet = opened.enter_context(closing(secure(site)))
        half_packet = opened.enter_context(closing(secure(site)))
        half_packet.send(connect[:-5])
        assert all(map(is_closed, (no_handshake, no_packet, half_packet)))
    # It has been silent for as long as they were.
    online.publish(device.topic("user/update"), "still here")
    online.published.get(timeout=PATIENCE)


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\n\r\n", b"\x30\x02\x00\x00"])
def test_what_is_no_connect_is_closed_at_once(site: Site, sent: bytes) -> None:
    with closing(secure(site)) as connection:
        connection.settimeout(AT_ONCE)
        connection.send(sent)
        assert is_closed(connection)


def test_an_address_that_sends_no_mqtt_is_soon_shut_out_before_its_handshake(site: Site) -> None:
    for _ in range(MAX_NO_MQTT + 1):
        with closing(secure(site, address="127.0.0.98")) as connection:
            connection.send(b"GET / HTTP/1.1\r\n\r\n")
            assert is_closed(connection)
    with pytest.raises((ssl.SSLEOFError, ConnectionError)):
        secure(site, address="127.0.0.98")
    secure(site).close()


def test_one_address_may_have_so_many_connections(site: Site) -> None:
    with ExitStack() as opened:
        for _ in range(MAX_FROM_ONE):
            opened.enter_context(closing(secure(site, address="127.0.0.99")))
        with pytest.raises((ssl.SSLEOFError, ConnectionError)):
            secure(site, address="127.0.0.99")
    eventually(lambda: connects(site, "127.0.0.99"))


def connects(site: Site, address: str) -> bool:
    try:
        secure(site, address=address).close()
    except (ssl.SSLEOFError, ConnectionError):
        return False
    return True


def test_a_connect_in_single_bytes_is_understood(site: Site, unit: NewUnit) -> None:
    login = registration_login(unit().firmware)
    with closing(secure(site)) as connection:
        for byte in mqtt.connect(login.client_id, login.username, login.password):
            connection.send(bytes([byte]))
        assert connection.recv(4) == b"\x20\x02\x00\x00"


def test_with_one_listener_of_two_killed_registration_goes_on(site: Site, unit: NewUnit) -> None:
    site.listeners[0].kill()
    try:
        for _ in range(4):
            unit().register()
    finally:
        site.restart_listener(0)


def test_without_a_broker_devices_are_refused_until_it_is_back(site: Site, unit: NewUnit) -> None:
    device = unit()
    device.register()
    connection = device.connect()
    site.broker.kill()
    assert connection.is_closed()
    assert not device.tries().is_accepted
    unit().register()
    site.broker.start()
    site.broker.wait()
    eventually(lambda: site.is_up("brokers", "rabbitmq1"))
    device.connect()


def test_while_nobody_answers_the_broker_it_lets_nobody_in(site: Site, unit: NewUnit) -> None:
    device = unit()
    device.register()
    online = device.connect()
    online.subscribe(device.topic("user/get"))
    online.granted.get(timeout=PATIENCE)
    # At once, without waiting for the proxy to let go of its connections.
    site.machines.stop(signal.SIGQUIT)
    refused = unit()
    refused.register()
    assert not refused.tries().is_accepted
    # Who is in has been asked about already.
    assert site.broker.send(device.topic("user/get"), "still there")
    assert online.message().payload == b"still there"
    site.restart_machines()
    refused.connect()


def test_health_checks_do_not_fail_in_the_broker(site: Site) -> None:
    eventually(lambda: site.is_up("brokers", "rabbitmq1"))
    assert "command => local" not in site.broker.output


def test_devices_of_a_listed_product_have_their_connections_at_the_listeners(
    site: Site, unit: NewUnit
) -> None:
    device = unit(RegistrationMode.REGISTER, "kept")
    device.register()
    device.connect(address=FAR)
    query = (
        "SELECT host(s.address) FROM devices_session s"
        " JOIN devices_listenerprocess l ON l.id = s.listener"
        " JOIN devices_device d ON d.id = s.device_id WHERE d.device_name = %s"
    )
    assert site.rows(query, device.firmware.device_name) == [(FAR,)]


def test_a_device_registers_over_https_as_old_firmware_does(site: Site, unit: NewUnit) -> None:
    firmware = unit().firmware
    content = signing.registration_content(firmware.device_name, firmware.product_key, "r")
    signature = signing.sign(signing.SignMethod.HMACSHA256, firmware.product_secret, content)
    body = (
        f"productKey={firmware.product_key}&deviceName={firmware.device_name}&random=r"
        f"&sign={signature}&signMethod=hmacsha256"
    )
    with closing(secure(site, "https", FAR)) as connection:
        connection.send(
            b"POST /auth/register/device HTTP/1.1\r\nHost: iot-auth.cn-shanghai.aliyuncs.com\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(body), body.encode())
        )
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    head, _, told = answer.partition(b"\r\n\r\n")
    assert told.startswith(b'{"code":200,"data":{"deviceName":"')
    assert b"\r\nContent-Length: %d" % len(told) in head
    assert site.logged(firmware.device_name, "register") == [("ok", FAR)]


def test_a_back_end_calls_the_api_with_a_long_url(site: Site) -> None:
    key = site.seeded["access_key"]
    names = [(f"DeviceName.{n}", f"{'x' * 30}{n:02}") for n in range(1, 51)]
    fields = [
        ("Action", "BatchGetDeviceState"),
        ("ProductKey", site.seeded["carried"]["product_key"]),
        ("Version", VERSION),
        ("Format", "JSON"),
        ("AccessKeyId", key["id"]),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureVersion", "1.0"),
        ("SignatureNonce", uuid4().hex),
        ("Timestamp", rpc.timestamp(timezone.now())),
        # What is not known is signed and nobody heeds it; here it makes the URL long.
        ("Remark", "x" * LONG),
        *names,
    ]
    signature = rpc.sign_v1(rpc.v1_string_to_sign("GET", fields), key["secret"])
    query = urlencode([*fields, ("Signature", signature)])
    answer = get(site, "https", f"/?{query}")
    assert answer.json()["Success"], answer.text


def get(site: Site, port: str, path: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(
            f"https://localhost:{site.ports[port]}{path}",
            verify=str(site.ca_file),
            timeout=PATIENCE,
            allow_redirects=False,
        )


@pytest.mark.parametrize(
    ("port", "path", "status"),
    [
        ("https", "/", 404),
        ("https", "/readyz", 404),
        ("https", "/healthz", 200),
        ("https", f"/brokers/{WEBHOOK_SECRET}/rabbitmq/user", 404),
        ("console", f"/brokers/{WEBHOOK_SECRET}/rabbitmq/user", 404),
        ("console", "/readyz", 200),
        ("console", "/sign-in/", 200),
    ],
)
def test_each_port_shows_what_it_is_for(site: Site, port: str, path: str, status: int) -> None:
    assert get(site, port, path).status_code == status


@pytest.mark.parametrize(
    ("port", "path", "address", "told"),
    [
        ("https", "/", FAR, b" 413 "),
        # The API's own answer to a large call that names no key.
        ("https", "/", "127.0.0.1", b"RequestEntityTooLarge"),
        ("console", "/sign-in/", "127.0.0.1", b" 413 "),
        ("console", "/devices/batches/new/", "127.0.0.1", b" 413 "),
    ],
)
def test_who_sends_much_has_to_be_somebody(
    site: Site, port: str, path: str, address: str, told: bytes
) -> None:
    with closing(secure(site, port, address)) as connection:
        connection.send(
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            f"Content-Length: {LARGE}\r\n\r\n".encode()
            + bytes(LARGE)
        )
        assert told in b"".join(iter(lambda: connection.recv(4096), b""))


@pytest.mark.parametrize(("address", "status"), [("127.0.0.1", b"200"), (FAR, b"403")])
def test_only_brokers_may_ask_about_devices(site: Site, address: str, status: bytes) -> None:
    with closing(plain(site, "webhooks", address)) as connection:
        connection.send(
            f"POST /brokers/{WEBHOOK_SECRET}/rabbitmq/vhost HTTP/1.1\r\nHost: h\r\n"
            "Connection: close\r\nContent-Length: 0\r\n\r\n".encode()
        )
        assert connection.recv(4096).split()[1] == status


def test_no_log_holds_a_secret(site: Site, unit: NewUnit) -> None:
    device = unit(RegistrationMode.REGISTER)
    credential = device.register()
    assert isinstance(credential, SecretCredential)
    device.connect()
    known = [WEBHOOK_SECRET, device.firmware.product_secret, credential.device_secret]
    for log in [*site.directory.glob("*.log"), *site.directory.glob("rabbitmq/*.log")]:
        written = log.read_text()
        assert not [secret for secret in known if secret in written], log.name


def test_what_goes_through_is_counted_for_prometheus(site: Site) -> None:
    url = f"http://127.0.0.1:{site.ports['metrics']}/metrics"
    with requests.Session() as session:
        session.trust_env = False
        assert "haproxy_frontend_current_sessions" in session.get(url, timeout=PATIENCE).text
