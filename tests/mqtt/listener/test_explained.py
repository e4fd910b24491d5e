"""A refusal on the wire is logged with what the device sent and what explains it."""

from collections import Counter

import pytest

from devices.operations.refusal import EXAMINED
from logs.models import LogEntry
from registration import attempts
from tests.clients.connects import registration_connect, signed_connect
from tests.clients.running import RunningListener, eventually
from tests.factories import make_device, make_product

pytestmark = pytest.mark.django_db(transaction=True)


def refusals() -> list[LogEntry]:
    return list(LogEntry.objects.filter(reason__in=EXAMINED).order_by("id"))


def test_a_wrong_signature_is_explained_in_the_log(listener: RunningListener) -> None:
    product = make_product()
    wrong = product.product_secret + "\n"
    assert listener.attempt(registration_connect(product, "lamp-0001", secret=wrong)) == 4
    assert eventually(lambda: bool(refusals()))
    detail = refusals()[0].detail
    assert detail["hints"] == "secret_newline"
    assert detail["content"] == f"deviceNamelamp-0001productKey{product.product_key}random567345"
    assert detail["clientId"].startswith(f"lamp-0001.{product.product_key}|random=567345,")
    assert (detail["passwordLength"], len(detail["password"])) == ("64", 5)
    assert refusals()[0].connection_id == refusals()[0].trace_id


def test_malformed_parameters_are_shown_as_they_were_sent(listener: RunningListener) -> None:
    device = make_device(make_product(), "lamp-0001")
    connect = signed_connect(device).replace(b"securemode=2", b"securemode=x")
    assert listener.attempt(connect) == 2
    found = LogEntry.objects.filter(reason="bad_parameters")
    assert eventually(found.exists)
    assert "securemode=x" in found.get().detail["clientId"]
    assert found.get().detail["username"] == f"lamp-0001&{device.product.product_key}"


def test_only_a_few_refusals_of_a_device_are_examined(listener: RunningListener) -> None:
    product = make_product()
    for number in range(attempts.EXAMINED_PER_DEVICE + 2):
        listener.attempt(registration_connect(product, "lamp-0001", secret=f"wrong {number}"))
    assert eventually(lambda: len(refusals()) == attempts.EXAMINED_PER_DEVICE + 2)
    told = Counter(entry.detail["hints"] for entry in refusals())
    assert told == {"unexplained": attempts.EXAMINED_PER_DEVICE, "not_examined": 2}
