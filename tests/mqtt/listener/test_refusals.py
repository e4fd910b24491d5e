"""Which CONNACK answers which refusal, and what the log says about it (rules.md 4.2, 4.13)."""

from collections.abc import Callable

import pytest

from devices.models import ClientBinding, Device, Session
from devices.operations.manage import clear, set_enabled, switch
from logs.models import LogEntry
from logs.reasons import REASONS
from operators.actor import SHELL
from products.models import Product
from protocol import mqtt
from protocol.client_id import RegistrationMode
from tests.clients.connects import registration_connect, signed_connect, token_connect
from tests.clients.running import RunningListener, StartListener, eventually
from tests.factories import connect_by_secret, issued_client_id, make_device, make_product

pytestmark = pytest.mark.django_db(transaction=True)
REGISTER, REGNWL = RegistrationMode.REGISTER, RegistrationMode.REGNWL
BAD = "bad_parameters"


def logged(reason: str) -> LogEntry:
    """The one entry with this reason, once it is written."""
    assert reason in REASONS
    assert eventually(LogEntry.objects.filter(reason=reason).exists), [
        entry.reason for entry in LogEntry.objects.all()
    ]
    return LogEntry.objects.get(reason=reason)


def unknown_product() -> bytes:
    return registration_connect(Product(product_key="nobody", product_secret="x" * 16), "lamp-0001")


def wrong_signature() -> bytes:
    return registration_connect(make_product(), "lamp-0001", secret="not the secret")


def switch_off() -> bytes:
    return registration_connect(make_product(open_registration=False), "lamp-0001")


def unknown_device() -> bytes:
    return registration_connect(make_product(), "lamp-0001", REGISTER)


def activated() -> bytes:
    device = make_device(make_product(), "lamp-0001")
    connect_by_secret(device)
    return registration_connect(device.product, "lamp-0001", REGISTER)


def disabled() -> bytes:
    device = make_device(make_product(), "lamp-0001")
    set_enabled(SHELL, device.product.product_key, "lamp-0001", enabled=False)
    return registration_connect(device.product, "lamp-0001", REGISTER)


def sixth() -> bytes:
    product = make_product()
    for _ in range(5):
        issued_client_id(product, "lamp-0001")
    return registration_connect(product, "lamp-0001")


def closed_by_switch() -> bytes:
    product = make_product()
    kept = issued_client_id(product, "lamp-0001")
    switch(SHELL, product.product_key, "lamp-0001", kept.client_id)
    return registration_connect(product, "lamp-0001")


@pytest.mark.parametrize(
    ("request_of", "reason", "code"),
    [
        (unknown_product, "product_not_found", "6250"),
        (wrong_signature, "bad_signature", "6600"),
        (switch_off, "dynamic_registration_off", "6288"),
        (unknown_device, "device_not_found", "6100"),
        (activated, "already_activated", "6289"),
        (disabled, "device_disabled", "6204"),
        (sixth, "client_id_limit", "Limit"),
        (closed_by_switch, "registration_refused", "6288"),
    ],
)
def test_a_registration_refused_for_its_content_gets_4_and_its_reason_in_the_log(
    listener: RunningListener, request_of: Callable[[], bytes], reason: str, code: str
) -> None:
    assert listener.attempt(request_of()) == 4
    entry = logged(reason)
    assert (entry.code, entry.service_type, entry.address) == (code, "registration", "127.0.0.1")
    assert (entry.device_name, len(entry.trace_id)) == ("lamp-0001", 16)


def malformed(client_id: str, username: str = "lamp-0001&a1FCrJmPpk1") -> bytes:
    return mqtt.connect(client_id, username, "ab" * 32)


@pytest.mark.parametrize(
    ("connect", "reason"),
    [
        (malformed("x|securemode=2,authType=register,signmethod=hmacsha256|"), BAD),
        (malformed("x|securemode=2,authType=register,random=1|"), BAD),
        (
            malformed("x|securemode=3,authType=regnwl,random=1,signmethod=hmacmd5|"),
            "bad_parameters",
        ),
        (
            malformed("x|securemode=2,authType=register,random=1,signmethod=hmacmd5"),
            "bad_parameters",
        ),
        (malformed("x|securemode=2,authType=regnwl,random=1,signmethod=hmacmd5|", "x&y"), BAD),
        (
            malformed("x|securemode=2,authType=register,random=1,signmethod=sha256|"),
            "unsupported_sign_method",
        ),
    ],
)
def test_a_registration_with_missing_or_malformed_parameters_gets_2(
    listener: RunningListener, connect: bytes, reason: str
) -> None:
    assert listener.attempt(connect) == 2
    entry = logged(reason)
    assert entry.code == REASONS[reason].code
    assert entry.detail["problem"]


@pytest.mark.parametrize("mode", [REGISTER, REGNWL])
def test_a_registration_over_plain_tcp_gets_2_and_nothing_is_issued(
    listener: RunningListener, mode: RegistrationMode
) -> None:
    device = make_device(make_product(), "lamp-0001")
    assert listener.attempt(registration_connect(device.product, "lamp-0001", mode), tls=False) == 2
    assert logged("no_tls").device_name == "lamp-0001"
    device.refresh_from_db()
    assert device.registered_at is None
    assert not ClientBinding.objects.exists()


@pytest.mark.parametrize("keepalive", [0, 29, 1201, 65535])
def test_a_connection_needs_a_keepalive_of_30_to_1200(
    listener: RunningListener, keepalive: int
) -> None:
    device = make_device(make_product(), "lamp-0001")
    assert listener.attempt(signed_connect(device, keepalive=keepalive)) == 2
    assert logged("keepalive_out_of_range").detail["keepalive"] == str(keepalive)
    assert not Session.objects.exists()


@pytest.mark.parametrize("keepalive", [30, 1200])
def test_both_ends_of_the_keepalive_range_are_accepted(
    listener: RunningListener, keepalive: int
) -> None:
    device = make_device(make_product(), "lamp-0001")
    assert listener.attempt(signed_connect(device, keepalive=keepalive)) == 0


@pytest.mark.parametrize("keepalive", [0, 5, 65535])
def test_a_registration_may_have_any_keepalive(listener: RunningListener, keepalive: int) -> None:
    connect = registration_connect(make_product(), "lamp-0001", keepalive=keepalive)
    assert listener.attempt(connect) == 0


@pytest.mark.parametrize(
    ("connect", "code"),
    [
        (mqtt.connect("no-parameters", "lamp-0001&a1FCrJmPpk1", "ab"), 2),
        (mqtt.connect("x|securemode=2,signmethod=hmacsha1", "lamp-0001&a1FCrJmPpk1", "ab"), 2),
        (mqtt.connect("x|securemode=2,signmethod=md4|", "lamp-0001&a1FCrJmPpk1", "ab"), 2),
        (mqtt.connect("x|securemode=2,authType=other|", "lamp-0001&a1FCrJmPpk1", "ab"), 2),
        (mqtt.connect("x|securemode=2|", "no-ampersand", "ab"), 4),
        (mqtt.connect("x|securemode=2|", "lamp-0001&a1FCrJmPpk1"), 4),
        (mqtt.connect("x|securemode=2|"), 4),
        (mqtt.connect("x|securemode=2|", "lamp-0001&a1FCrJmPpk1", "ab"), 5),
        # MQTT 5, and a level that does not belong to its name.
        (b"\x10\x10\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x03abc", 1),
        (b"\x10\x0f\x00\x04MQTT\x09\x02\x00\x3c\x00\x03abc", 1),
    ],
)
def test_a_connection_is_refused_with_the_code_of_its_fault(
    listener: RunningListener, connect: bytes, code: int
) -> None:
    assert listener.attempt(connect, tls=False) == code


def by_wrong_secret() -> tuple[bytes, str]:
    device = make_device(make_product(), "lamp-0001")
    return signed_connect(device, secret="not the secret"), "bad_credential"


def by_unknown_device() -> tuple[bytes, str]:
    return signed_connect(Device(product=make_product(), device_name="lamp-0001")), "unknown_device"


def by_disabled_device() -> tuple[bytes, str]:
    device = make_device(make_product(), "lamp-0001")
    set_enabled(SHELL, device.product.product_key, "lamp-0001", enabled=False)
    return signed_connect(device), "device_disabled"


def by_cleared_secret() -> tuple[bytes, str]:
    device = make_device(make_product(), "lamp-0001")
    clear(SHELL, device.product.product_key, "lamp-0001")
    return signed_connect(device), "secret_blocked"


def by_void_client_id() -> tuple[bytes, str]:
    product = make_product()
    issued = issued_client_id(product, "lamp-0001")
    clear(SHELL, product.product_key, "lamp-0001")
    return token_connect(product, "lamp-0001", issued), "client_id_void"


@pytest.mark.parametrize(
    "attempt_of",
    [by_wrong_secret, by_unknown_device, by_disabled_device, by_cleared_secret, by_void_client_id],
)
def test_a_connection_that_is_not_authorised_gets_5_and_its_reason_in_the_log(
    listener: RunningListener, attempt_of: Callable[[], tuple[bytes, str]]
) -> None:
    connect, reason = attempt_of()
    assert listener.attempt(connect) == 5
    assert logged(reason).operation == "online"
    assert not Session.objects.exists()


def test_nothing_but_the_log_tells_why_a_registration_was_refused(
    listener: RunningListener,
) -> None:
    answers = set()
    for request_of in (unknown_product, wrong_signature, switch_off, unknown_device, activated):
        with listener.client() as client:
            client.send(request_of())
            assert client.connack() == 4
            assert client.is_closed()
            answers.add(client.read)
    assert answers == {mqtt.connack(4)}


def test_over_a_limit_what_failed_before_is_turned_away_unread_and_logged_once(
    start_listener: StartListener,
) -> None:
    listener = start_listener(FAILURES_PER_DEVICE=3)
    device = make_device(make_product(), "lamp-0001")
    wrong = signed_connect(device, secret="not the secret")
    assert [listener.attempt(wrong, tls=False) for _ in range(6)] == [5] * 6
    assert logged("too_many_failures").device_name == "lamp-0001"
    assert eventually(lambda: LogEntry.objects.filter(reason="bad_credential").count() == 3)


def test_over_a_limit_a_good_credential_is_accepted_all_the_same(
    start_listener: StartListener,
) -> None:
    listener = start_listener(FAILURES_PER_ADDRESS=4, FAILURES_PER_DEVICE=4)
    product = make_product()
    device = make_device(product, "lamp-0001")
    wrong = signed_connect(device, secret="not the secret")
    assert [listener.attempt(wrong, tls=False) for _ in range(6)] == [5] * 6
    assert listener.attempt(signed_connect(device), tls=False) == 0
    assert listener.attempt(registration_connect(product, "sim-00001")) == 0


def test_over_a_limit_a_flood_is_refused_as_ever_and_not_logged_one_by_one(
    start_listener: StartListener,
) -> None:
    listener = start_listener(FAILURES_PER_ADDRESS=4)
    device = make_device(make_product(), "lamp-0001")
    for number in range(12):
        wrong = signed_connect(device, secret=f"guess {number}")
        assert listener.attempt(wrong, tls=False) == 5
        assert listener.attempt(mqtt.connect(f"nonsense {number}"), tls=False) == 2
    assert logged("too_many_failures").address == "127.0.0.1"
    assert eventually(lambda: LogEntry.objects.exclude(operation="add").count() == 5)


def test_successes_are_never_too_many(start_listener: StartListener) -> None:
    listener = start_listener(FAILURES_PER_ADDRESS=3, FAILURES_PER_PRODUCT=3, FAILURES_PER_DEVICE=3)
    product = make_product()
    for number in range(20):
        assert listener.attempt(registration_connect(product, f"sim-{number:05}")) == 0
    device = make_device(product, "lamp-0001")
    for _ in range(20):
        assert listener.attempt(signed_connect(device), tls=False) == 0
