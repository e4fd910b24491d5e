"""HTTP requests that the endpoint accepts: methods, lengths, bodies."""

from io import BytesIO
from typing import Any, NoReturn

import pytest
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.test.client import FakePayload

from common.ops.throttle import Throttle
from common.web.machine_requests import read_body
from iotconsole import api_bodies, rpc_api
from operators.models import AccessKeyScope
from protocol import rpc as protocol
from tests import rpc
from tests.factories import make_product

pytestmark = pytest.mark.django_db


class Unreadable(FakePayload):
    """A body of which nothing may be read."""

    def read(self, *args: Any, **kwargs: Any) -> bytes:
        raise AssertionError

    readline = read


class CutOff(BytesIO):
    def read(self, *args: Any) -> bytes:
        raise ConnectionResetError


def answered(**environ: Any) -> tuple[int, str]:
    """Status and Code of a v1 POST with this WSGI environment."""
    request = RequestFactory().post("/?Action=QueryProduct&Format=JSON", b"", rpc.FORM, **environ)
    response = rpc_api.answer(request)
    return response.status_code, response.content.decode().partition('"Code":"')[2].split('"')[0]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "灯"])
def test_other_methods_are_told_which_there_are(client: Client, method: str) -> None:
    response = client.generic(method, "/?Action=QueryProduct")
    assert response.status_code == 405
    assert response["Allow"] == "GET, POST"


def test_an_answer_to_head_has_no_body() -> None:
    response = rpc_api.answer(RequestFactory().head("/?Action=QueryProduct"))
    assert response.status_code == 405
    assert response.content == b""


def test_a_body_may_have_eight_megabytes() -> None:
    product = make_product()
    asked = {"ProductKey": product.product_key, "form": True}
    room = api_bodies.MOST_BYTES - len(f"ProductKey={product.product_key}&Description=")
    assert rpc.data("QueryProduct", Description="x" * room, **asked)
    assert rpc.refusal("QueryProduct", Description="x" * (room + 1), **asked)[0] == 413


@pytest.mark.parametrize("v1", [True, False], ids=["v1", "v3"])
def test_a_large_body_is_only_taken_apart_for_a_key_there_is(v1: bool) -> None:
    key = rpc.key_for()
    large = "x" * api_bodies.LARGE
    asked = {"key": key, "v1": v1, "form": True, "also": [("same", large), ("same", "")]}
    assert rpc.refusal("QueryProduct", **asked) == (400, "Invalidsame")
    key.access_key_id = "x" * 24
    assert rpc.refusal("QueryProduct", **asked) == (404, "InvalidAccessKeyId.NotFound")


def test_a_large_query_is_only_taken_apart_for_a_key_there_is(client: Client) -> None:
    query = f"Action=QueryProduct&Format=JSON&x={'x' * api_bodies.LARGE}"
    assert client.get(f"/?{query}").status_code == 413
    found = client.get(f"/?{query}&AccessKeyId=unknown").json()
    assert found["Code"] == "InvalidAccessKeyId.NotFound"
    found = client.get(f"/?{query}&AccessKeyId={rpc.key_for().access_key_id}").json()
    assert found["Code"] == "MissingVersion"


@pytest.mark.parametrize("v1", [True, False], ids=["v1", "v3"])
def test_large_calls_that_are_wrong_again_and_again_are_read_no_more(
    v1: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_bodies, "_wrong", Throttle(api_bodies.WRONG_LARGE))
    key, other = rpc.key_for(), rpc.key_for(AccessKeyScope.READ_ONLY)
    right = key.secret
    key.secret = "wrong"
    large = {"key": key, "v1": v1, "form": True, "ProductKey": "a1", "x": "x" * api_bodies.LARGE}
    for _ in range(api_bodies.WRONG_LARGE):
        assert rpc.refusal("QueryProduct", **large) == (400, "SignatureDoesNotMatch")
    read = Counted(monkeypatch)
    assert rpc.refusal("QueryProduct", **large) == (400, "Throttling.User")
    assert read.bytes <= api_bodies.LARGE + 1
    key.secret = right
    assert rpc.failure("QueryProduct", key=key, v1=v1, ProductKey="a1")
    assert rpc.failure("QueryProduct", **{**large, "key": other})


class Counted:
    """Counts what the endpoint reads of bodies."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bytes = 0

        def read(request: HttpRequest, most: int) -> bytes:
            body = read_body(request, most)
            self.bytes += len(body)
            return body

        monkeypatch.setattr(api_bodies, "read_body", read)


def test_the_fields_of_a_large_body_are_read_after_the_signature_of_v3(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def never(_body: bytes) -> NoReturn:
        raise AssertionError

    monkeypatch.setattr(protocol, "pairs_of_body", never)
    key = rpc.key_for()
    key.secret = "wrong"
    large = {"key": key, "form": True, "x": "x" * api_bodies.LARGE}
    assert rpc.refusal("QueryProduct", **large) == (400, "SignatureDoesNotMatch")


def test_a_body_announced_too_large_is_not_read() -> None:
    for length in (str(api_bodies.MOST_BYTES + 1), "9" * 18, "9" * 19, "9" * 5000):
        environ = {"CONTENT_LENGTH": length, "wsgi.input": Unreadable()}
        assert answered(**environ) == (413, "RequestEntityTooLarge")


@pytest.mark.parametrize("length", ["-1", "1e3", "0x10", "1_0", "１", " 1", "1,1", "灯"])  # noqa: RUF001
def test_a_length_that_is_none_is_refused(length: str) -> None:
    environ = {"CONTENT_LENGTH": length, "wsgi.input": Unreadable()}
    assert answered(**environ) == (400, "InvalidContentLength")


def test_a_body_that_breaks_off_is_no_fault_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    environ = {"CONTENT_LENGTH": "100", "wsgi.input": CutOff()}
    assert answered(**environ) == (400, "IncompleteBody")
    assert not caplog.records


def test_a_chunked_body_is_read_where_the_server_ends_it() -> None:
    chunked = {
        "HTTP_TRANSFER_ENCODING": "chunked",
        "CONTENT_LENGTH": "",
        "CONTENT_TYPE": rpc.FORM,
    }
    body = BytesIO(b"DeviceName=a&DeviceName=b")
    ended = {**chunked, "wsgi.input": body, "wsgi.input_terminated": True}
    assert answered(**ended) == (400, "InvalidDeviceName")
    too_large = BytesIO(b"x" * (api_bodies.MOST_BYTES + 1))
    assert answered(**{**ended, "wsgi.input": too_large})[0] == 413
    # Otherwise nobody knows where it ends.
    assert answered(**chunked, **{"wsgi.input": Unreadable()}) == (400, "MissingVersion")


@pytest.mark.parametrize(
    "content_type", ["application/json", "multipart/form-data; boundary=x", ""]
)
def test_bodies_that_are_no_forms_hold_no_parameters(content_type: str) -> None:
    environ = {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": "20"}
    body = FakePayload(b"ProductKey=a1FCrJmPp")
    assert answered(**environ, **{"wsgi.input": body}) == (400, "MissingVersion")


def test_a_query_that_is_not_encoded_is_read_as_utf8(client: Client) -> None:
    query = "Action=x&灯=1&灯=1&Format=JSON".encode().decode("latin-1")
    environ: dict[str, Any] = {"QUERY_STRING": query}
    response = client.get("/", **environ)
    assert response.json()["Code"] == "InvalidParameter"


@pytest.mark.parametrize("query", ["", "?next=/devices/", "?q=Action=x", "?action=x"])
def test_who_only_opens_the_console_is_no_call(client: Client, query: str) -> None:
    assert client.get(f"/{query}").status_code == 302
    assert client.head(f"/{query}").status_code == 302


def test_the_endpoint_stands_at_the_root_alone(client: Client) -> None:
    for path in ("/sign-in/", "/api", "/devices/"):
        response = client.get(f"{path}?Action=QueryProduct&AccessKeyId=x&Signature=x")
        assert b"<Error>" not in response.content
