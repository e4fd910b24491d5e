"""How much of a request's body is read for whom."""

import threading
from collections.abc import Iterator
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.test.client import FakePayload
from django.urls import URLPattern, URLResolver, get_resolver

from common.web.bodies import ANYBODY, announced_length, upload_limit
from iotconsole import api_bodies
from iotconsole.body_limits import body_limit
from operators.models import Operator, Role
from tests import rpc
from tests.console.dom import text, tree
from tests.operators.people import person

MEGABYTE = 1 << 20
BATCH, FLEET = "/devices/batches/new/", "/devices/imports/new/"
# What the two pages take of people who may use them, in megabytes.
BATCH_TAKES, FLEET_TAKES = 25, 100
# A multipart body of one file.
HEAD = (
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n'
    b"Content-Type: text/csv\r\n\r\n"
)


class Unread(FakePayload):
    """A body of which nothing may be read."""

    def read(self, *args: Any, **kwargs: Any) -> bytes:
        raise AssertionError("the body was read")

    readline = read


def environ(path: str = "/", method: str = "POST", **more: Any) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8000",
        "HTTP_HOST": "localhost",
        "wsgi.url_scheme": "http",
        "wsgi.input": Unread(),
        **more,
    }


def signed_in(role: Role = Role.OPERATOR, name: str = "chen") -> tuple[Client, dict[str, str]]:
    """A browser, and the header it sends."""
    client = Client()
    client.force_login(person(name, role=role))
    name = django_settings.SESSION_COOKIE_NAME
    return client, {"HTTP_COOKIE": f"{name}={client.cookies[name].value}"}


def patterns(found: URLResolver | None = None, before: str = "/") -> Iterator[tuple[str, object]]:
    for each in (found or get_resolver()).url_patterns:
        if isinstance(each, URLResolver):
            yield from patterns(each, before + str(each.pattern))
        elif isinstance(each, URLPattern):
            yield before + str(each.pattern), each.callback


# --- Pages --------------------------------------------------------------------------------
def test_only_pages_for_files_take_more_than_anybody_may_send() -> None:
    larger = {path for path, view in patterns() if upload_limit(view) > ANYBODY}
    assert larger == {BATCH, FLEET}


@pytest.mark.django_db
@pytest.mark.parametrize("path", [BATCH, FLEET, "/products/new/", "/sign-in/", "/nowhere/", "/a\0"])
def test_a_stranger_may_send_64_kib_to_any_page(path: str) -> None:
    strange = f"{django_settings.SESSION_COOKIE_NAME}={'x' * 32}"
    assert body_limit(environ(path)) == ANYBODY
    assert body_limit(environ(path, HTTP_COOKIE=strange)) == ANYBODY


@pytest.mark.django_db
def test_a_page_for_files_takes_them_of_people_who_may_change_something() -> None:
    _, cookie = signed_in()
    assert body_limit(environ(BATCH, **cookie)) == BATCH_TAKES * MEGABYTE + ANYBODY
    assert body_limit(environ(FLEET, **cookie)) == FLEET_TAKES * MEGABYTE + ANYBODY
    assert body_limit(environ("/products/new/", **cookie)) == ANYBODY
    _, viewer = signed_in(Role.VIEWER, "mei")
    assert body_limit(environ(BATCH, **viewer)) == ANYBODY


@pytest.mark.django_db
def test_the_limit_follows_the_setting(settings: LazySettings) -> None:
    settings.BATCH_FILE_MB = 4
    _, cookie = signed_in()
    assert body_limit(environ(BATCH, **cookie)) == 5 * MEGABYTE + ANYBODY


@pytest.mark.django_db
def test_a_session_that_is_over_counts_no_more() -> None:
    client, cookie = signed_in()
    Operator.objects.filter(username="chen").update(is_active=False)
    assert body_limit(environ(BATCH, **cookie)) == ANYBODY
    Operator.objects.filter(username="chen").update(is_active=True)
    assert body_limit(environ(BATCH, **cookie)) != ANYBODY
    client.logout()
    assert body_limit(environ(BATCH, **cookie)) == ANYBODY


@pytest.mark.django_db(transaction=True)
def test_any_thread_may_ask() -> None:
    _, cookie = signed_in()
    found: list[int | None] = []

    def ask() -> None:
        found.append(body_limit(environ(BATCH, **cookie)))
        connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert found == [BATCH_TAKES * MEGABYTE + ANYBODY]


@pytest.mark.parametrize(
    ("path", "length", "status"),
    [
        ("/sign-in/", str(ANYBODY + 1), HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
        ("/products/new/", str(760 * MEGABYTE), HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
        (BATCH, str(ANYBODY + 1), HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
        (BATCH, "9" * 5000, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
        (BATCH, "-1", HTTPStatus.BAD_REQUEST),
        (BATCH, "1_0", HTTPStatus.BAD_REQUEST),
        (BATCH, " 10", HTTPStatus.BAD_REQUEST),
        (BATCH, "10, 10", HTTPStatus.BAD_REQUEST),
    ],
)
@pytest.mark.django_db
def test_what_a_stranger_may_not_send_is_refused_unread(
    path: str, length: str, status: HTTPStatus
) -> None:
    asked = environ(path, CONTENT_LENGTH=length, CONTENT_TYPE="multipart/form-data; boundary=x")
    assert served(asked)[0] == status


@pytest.mark.django_db
def test_a_chunked_body_is_refused_unread() -> None:
    asked = environ(BATCH, HTTP_TRANSFER_ENCODING="Chunked", CONTENT_TYPE=rpc.FORM)
    status, said = served(asked)
    assert status == HTTPStatus.LENGTH_REQUIRED
    assert "Content-Length" in said


@pytest.mark.django_db
def test_nothing_of_a_stranger_s_upload_reaches_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a client that has no token either, which is refused only after the body was read."""
    written: list[object] = []
    handler = "django.core.files.uploadhandler.TemporaryUploadedFile"
    monkeypatch.setattr(handler, lambda *args, **kwargs: written.append(args))
    for path in ("/products/new/", BATCH, FLEET, "/sign-in/"):
        body = BytesIO(HEAD + b"x" * MEGABYTE)
        asked = environ(path, CONTENT_TYPE="multipart/form-data; boundary=x")
        length = str(len(body.getvalue()))
        status, _ = served({**asked, "CONTENT_LENGTH": length, "wsgi.input": body})
        assert (status, body.tell()) == (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, 0)
    assert not written


@pytest.mark.django_db
def test_the_answer_says_what_to_do() -> None:
    client, _ = signed_in()
    body: dict[str, Any] = {"CONTENT_LENGTH": str(30 * MEGABYTE), "wsgi.input": Unread()}
    stranger = text(tree(Client().post(BATCH, **body)))
    assert "Sign in, then upload the file again" in stranger
    known = text(tree(client.post(BATCH, **body)))
    assert "This page accepts at most 25.1" in known.replace("\xa0", " ")


# --- Machine endpoints --------------------------------------------------------------------
CALL = "Action=QueryProduct&Format=JSON"


def large_call(key_id: str, **more: Any) -> dict[str, Any]:
    query = f"{CALL}&AccessKeyId={key_id}" if key_id else CALL
    return environ(QUERY_STRING=query, CONTENT_TYPE=rpc.FORM, **more)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/auth/register/device", "/brokers/emqx/auth", "/healthz", "/readyz"]
)
def test_other_machines_may_send_what_anybody_may(path: str) -> None:
    _, cookie = signed_in()
    assert body_limit(environ(path, **cookie)) == ANYBODY
    devices_port: dict[str, Any] = {"iotconsole.only_machines": True}
    assert body_limit(environ(path, **devices_port)) == ANYBODY
    assert body_limit(environ(BATCH, **cookie, **devices_port)) == ANYBODY


@pytest.mark.django_db
def test_a_call_takes_a_large_body_of_a_key_that_may_be_used() -> None:
    person_of_key = person("chen")
    key = rpc.key_for(operator=person_of_key)
    v3 = f"ACS3-HMAC-SHA256 Credential={key.access_key_id},SignedHeaders=host,Signature=0"
    assert body_limit(large_call(key.access_key_id)) == api_bodies.MOST_BYTES
    assert body_limit(large_call("", HTTP_AUTHORIZATION=v3)) == api_bodies.MOST_BYTES
    assert body_limit(large_call("")) is None  # the key may stand in the form
    assert body_limit(large_call(""), b"x=1") == ANYBODY
    assert body_limit(large_call("x" * 24)) == ANYBODY
    assert body_limit(large_call(""), b"AccessKeyId=x&x=") == ANYBODY
    assert body_limit(large_call(""), f"AccessKeyId={key.access_key_id}&x=".encode()) == (
        api_bodies.MOST_BYTES
    )
    person_of_key.is_active = False
    person_of_key.save()
    assert body_limit(large_call(key.access_key_id)) == ANYBODY


@pytest.mark.django_db
@pytest.mark.parametrize("chunked", [True, False])
@pytest.mark.parametrize("key_id", ["", "x" * 24, "disabled"])
def test_of_a_large_call_without_such_a_key_only_the_start_is_read(
    key_id: str, chunked: bool
) -> None:
    expected = {"": 413, "x" * 24: 404, "disabled": 400}[key_id]
    if key_id == "disabled":
        key = rpc.key_for()
        key.enabled = False
        key.save()
        key_id = key.access_key_id
    body = BytesIO(b"x" * (2 * MEGABYTE))
    sent: dict[str, Any] = {"wsgi.input": body, "wsgi.input_terminated": True}
    sent |= {"HTTP_TRANSFER_ENCODING": "chunked"} if chunked else {"CONTENT_LENGTH": "2097152"}
    status, _ = served({**large_call(key_id), **sent})
    assert status == expected
    assert body.tell() <= ANYBODY + 1


@pytest.mark.django_db
def test_a_client_may_name_its_key_at_the_start_of_the_body() -> None:
    """That of Node does, when it is told to POST."""
    key = rpc.key_for()
    start = f"AccessKeyId={key.access_key_id}&Action=QueryProduct&same=1&same=2&x=".encode()
    body = start + b"x" * ANYBODY
    sent = {"CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body)}
    status, said = served({**large_call(""), **sent})
    assert (status, "Invalid" in said) == (400, True)


@pytest.mark.parametrize(
    ("text_", "length"),
    [(None, 0), ("", 0), ("0", 0), ("17", 17), ("1e3", None), ("+1", None), ("灯", None)],
)
def test_a_length_is_digits_alone(text_: str | None, length: int | None) -> None:
    assert announced_length({"CONTENT_LENGTH": text_}) == length


def served(asked: dict[str, Any]) -> tuple[int, str]:
    """Status and text of the answer to a request with this environment."""
    response = Client(enforce_csrf_checks=True).request(**asked)
    return response.status_code, response.content.decode()
