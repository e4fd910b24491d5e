"""Every error of the gateway: its status, code and words, in JSON and XML."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest
from django.db import OperationalError
from django.http import HttpRequest
from django.utils import timezone
from time_machine import Traveller

from iotconsole import rpc_api
from operators.actor import SHELL
from operators.models import AccessKey, AccessKeyScope, Operator
from operators.operations.access_keys import delete_access_key, set_access_key_enabled
from tests import rpc
from tests.factories import make_product
from tests.operators.people import person

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

    Cause = Callable[..., Response]

pytestmark = pytest.mark.django_db


def unknown_key(**how: Any) -> "Response":
    return rpc.send("QueryProduct", key=AccessKey(), **how)


def deleted_key(**how: Any) -> "Response":
    key = rpc.key_for(AccessKeyScope.DEVICES)
    delete_access_key(SHELL, key.access_key_id)
    return rpc.send("QueryProduct", key=key, **how)


def disabled_key(**how: Any) -> "Response":
    key = rpc.key_for(AccessKeyScope.DEVICES)
    set_access_key_enabled(SHELL, key.access_key_id, enabled=False)
    return rpc.send("QueryProduct", key=key, **how)


def key_of_a_deactivated_account(**how: Any) -> "Response":
    account = person("lim")
    key = rpc.key_for(operator=account)
    Operator.objects.filter(pk=account.pk).update(is_active=False)
    return rpc.send("QueryProduct", key=key, **how)


def wrong_secret(**how: Any) -> "Response":
    key = rpc.key_for()
    key.secret += "x"
    return rpc.send("QueryProduct", key=key, **how)


def disabled_key_with_a_wrong_secret(**how: Any) -> "Response":
    key = rpc.key_for(AccessKeyScope.DEVICES)
    set_access_key_enabled(SHELL, key.access_key_id, enabled=False)
    key.secret += "x"
    return rpc.send("QueryProduct", key=key, **how)


def used_nonce(**how: Any) -> "Response":
    once = rpc.signed("QueryProduct", **how)
    once()
    return once()


def unknown_action(**how: Any) -> "Response":
    return rpc.send("QueryThings", **how)


def missing_parameter(**how: Any) -> "Response":
    return rpc.send("QueryProduct", **how)


def parameter_of_the_wrong_type(**how: Any) -> "Response":
    return rpc.send("QueryProductList", CurrentPage="one", PageSize=10, **how)


def parameter_that_came_twice(**how: Any) -> "Response":
    return rpc.send("QueryProduct", also=[("ProductKey", "a"), ("ProductKey", "a")], **how)


def too_narrow_a_scope(**how: Any) -> "Response":
    key = rpc.key_for(AccessKeyScope.DEVICES)
    return rpc.send("CreateProduct", key=key, **how)


def another_method(**how: Any) -> "Response":
    return rpc.send("QueryProduct", **how | {"method": "PUT"})


def too_large_a_body(**how: Any) -> "Response":
    return rpc.send("QueryProduct", Description="x" * 10_000_000, **how | {"form": True})


MISMATCH = "Specified signature is not matched with our calculation. server string to sign is:"
CAUSES: dict["Cause", tuple[int, str, str]] = {
    unknown_key: (404, "InvalidAccessKeyId.NotFound", "Specified access key is not found."),
    deleted_key: (404, "InvalidAccessKeyId.NotFound", "Specified access key is not found."),
    disabled_key: (400, "InvalidAccessKeyId.Inactive", "Specified access key is disabled."),
    key_of_a_deactivated_account: (
        *(400, "InvalidAccessKeyId.Inactive", "Specified access key is disabled."),
    ),
    wrong_secret: (400, "SignatureDoesNotMatch", MISMATCH),
    disabled_key_with_a_wrong_secret: (400, "SignatureDoesNotMatch", MISMATCH),
    used_nonce: (400, "SignatureNonceUsed", "Specified signature nonce was used already."),
    unknown_action: (
        *(404, "InvalidApi.NotFound"),
        "Specified api is not found, please check your url and method.",
    ),
    missing_parameter: (400, "MissingProductKey", "ProductKey is mandatory for this action."),
    parameter_of_the_wrong_type: (
        *(400, "InvalidCurrentPage"),
        "The specified parameter CurrentPage is not valid. It is a whole number.",
    ),
    parameter_that_came_twice: (
        *(400, "InvalidProductKey"),
        "The specified parameter ProductKey is not valid. It was given more than once.",
    ),
    too_narrow_a_scope: (
        *(403, "Forbidden.RAM"),
        "User not authorized to operate on the specified resource. "
        "The scope of the access key does not cover this action.",
    ),
    another_method: (405, "UnsupportedHTTPMethod", "This http method is not supported."),
    too_large_a_body: (
        *(413, "RequestEntityTooLarge"),
        "The request body has more than 8388608 bytes.",
    ),
}


def told(response: "Response", accept: str) -> dict[str, str]:
    """The answer, whose length and type are those that clients insist on."""
    assert int(response["Content-Length"]) == len(response.content)
    if accept == "JSON":
        assert response["Content-Type"] == "application/json;charset=utf-8"
        return dict(json.loads(response.content))
    assert response["Content-Type"] == "text/xml;charset=utf-8"
    root = ElementTree.fromstring(response.content)  # noqa: S314 - our own
    assert root.tag == "Error"
    return {element.tag: element.text or "" for element in root}


@pytest.mark.parametrize("accept", ["JSON", "XML"])
@pytest.mark.parametrize("v1", [True, False], ids=["v1", "v3"])
@pytest.mark.parametrize("cause", CAUSES)
def test_a_refusal_has_its_status_code_and_words(cause: "Cause", v1: bool, accept: str) -> None:
    status, code, message = CAUSES[cause]
    response = cause(accept=accept, v1=v1)
    answered = told(response, accept)
    assert list(answered) == ["RequestId", "HostId", "Code", "Message"]
    assert (response.status_code, answered["Code"]) == (status, code)
    assert answered["Message"].startswith(message)
    assert answered["HostId"] == rpc.HOST


@pytest.mark.parametrize("accept", ["JSON", "XML"])
def test_a_v1_mismatch_tells_the_string_the_old_client_compares(accept: str) -> None:
    answered = told(wrong_secret(v1=True, accept=accept, method="GET"), accept)
    string_to_sign = answered["Message"].split(":", 1)[1]
    assert re.fullmatch(r"GET&%2F&AccessKeyId%3D\w+%26Action%3DQueryProduct%26.*", string_to_sign)


@pytest.mark.parametrize("v1", [True, False], ids=["v1", "v3"])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_clock_is_right_within_fifteen_minutes(
    time_machine: Traveller, v1: bool, sign: int
) -> None:
    product = make_product()
    now = timezone.now().replace(microsecond=0)
    time_machine.move_to(now, tick=False)
    asked: dict[str, Any] = {"ProductKey": product.product_key, "v1": v1}
    edge, over = rpc.signed("QueryProduct", **asked), rpc.signed("QueryProduct", **asked)
    time_machine.move_to(now + sign * timedelta(minutes=15), tick=False)
    assert edge().status_code == 200
    time_machine.move_to(now + sign * timedelta(minutes=15, seconds=1), tick=False)
    expired = told(over(), "JSON")
    assert expired["Code"] == "InvalidTimeStamp.Expired"
    assert expired["Message"] == "Specified time stamp or date value is expired."


def test_another_version_of_the_api_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpc, "VERSION", "2016-05-30")
    assert rpc.refusal("QueryProduct") == (400, "InvalidVersion")


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (OperationalError("lamp-0001 is locked"), 503, "ServiceUnavailable"),
        (RuntimeError("lamp-0001 is broken"), 500, "InternalError"),
    ],
)
def test_our_own_fault_is_told_without_a_word_of_what_was_sent(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    fault: Exception,
    status: int,
    code: str,
) -> None:
    def broken(request: HttpRequest) -> str:
        raise fault

    monkeypatch.setattr(rpc_api, "client_address", broken)
    for accept in ("JSON", "XML"):
        response = rpc.send("QueryProduct", ProductKey="lamp-0001", accept=accept)
        answered = told(response, accept)
        assert (response.status_code, answered["Code"]) == (status, code)
        assert "lamp-0001" not in response.content.decode()
        assert answered["RequestId"] in caplog.text
    assert "lamp-0001" not in caplog.text


def test_control_characters_never_break_an_answer() -> None:
    product = make_product()
    odd = "".join(map(chr, range(1, 0x20))) + "<&]]>\u2028\ufffe\U0001f4a1"
    for action, asked in (
        ("QueryProduct", {"ProductKey": odd}),
        ("RegisterDevice", {"ProductKey": product.product_key, "DeviceName": odd}),
        ("QueryDevice", {"ProductKey": product.product_key, "NextToken": odd}),
        ("QueryDevice", {"ProductKey": product.product_key, "PageSize": odd}),
    ):
        assert rpc.send(action, **asked).json()["Code"]
        answered = rpc.send(action, accept="XML", **asked).content
        ElementTree.fromstring(answered)  # noqa: S314 - our own


@pytest.mark.parametrize("host", ["a\x01b<&", "灯.example", "x" * 300])
def test_any_host_is_told_back_in_a_well_formed_answer(client: Any, host: str) -> None:
    headers = {"Host": host.encode().decode("latin-1")}
    for query in ("Action=x", "Action=x&Format=JSON"):
        response = client.get(f"/?{query}", headers=headers)
        assert response.status_code == 400
        told(response, "JSON" if "JSON" in query else "XML")
