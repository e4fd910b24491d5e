"""Machines are answered before anything that a browser needs."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from io import BytesIO
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.utils import timezone, translation

from common.web.machine_requests import ONLY_MACHINES, Endpoint, at
from iotconsole.machine_endpoints import MachineEndpoints
from iotconsole.wsgi import machines, machines_behind_proxy
from operators.permissions import client_address

PATH = "/answer/machines"
Application = Callable[..., Iterable[bytes]]


def answer(request: HttpRequest) -> HttpResponse:
    said = f"{translation.get_language()} {timezone.get_current_timezone_name()}"
    return HttpResponse(said, content_type="text/plain")


def asked_for(request: HttpRequest) -> bool:
    return "x-machine" in request.headers


@pytest.fixture(autouse=True)
def endpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    table = (Endpoint(at(PATH), answer), Endpoint(asked_for, answer))
    monkeypatch.setattr(MachineEndpoints, "endpoints", table)


@override_settings(SECURE_SSL_REDIRECT=True)
@pytest.mark.parametrize("host", ["iot-auth.cn-shanghai.aliyuncs.com", "[::1]:8443", "a b"])
def test_a_machine_is_answered_under_any_name_without_anything_for_browsers(host: str) -> None:
    client = Client(enforce_csrf_checks=True, headers={"Host": host})
    response = client.post(PATH)
    assert response.status_code == HTTPStatus.OK
    assert response.headers["Content-Type"] == "text/plain"
    assert not {"Set-Cookie", "Vary", "Content-Language", "Location"} & set(response.headers)
    assert max(len(f"{name}: {value}") for name, value in response.headers.items()) < 100
    assert not response.cookies


def test_a_machine_is_told_apart_by_more_than_its_path(client: Client) -> None:
    assert client.get("/", headers={"X-Machine": "1"}).status_code == HTTPStatus.OK
    assert client.get("/").status_code == HTTPStatus.FOUND


@pytest.mark.parametrize("path", [PATH + "/", PATH.upper(), "/x" + PATH])
def test_only_the_exact_path_is_that_of_machines(client: Client, path: str) -> None:
    assert client.get(path).status_code != HTTPStatus.OK


def test_a_machine_is_spoken_to_in_no_language_of_people(client: Client) -> None:
    with translation.override("zh-hans"), timezone.override("Asia/Shanghai"):
        assert client.get(PATH).content == b"None UTC"
        assert translation.get_language() == "zh-hans"


def wsgi(application: Application, path: str, **environ: Any) -> tuple[int, bytes]:
    """As a server asks: with each request Django looks after the database's connection."""
    request = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8443",
        "wsgi.input": BytesIO(),
        "wsgi.url_scheme": "https",
    }
    statuses: list[str] = []
    body = application(request | environ, lambda status, headers: statuses.append(status))
    content = b"".join(body)
    return int(statuses[0].split()[0]), content


@pytest.mark.django_db
@pytest.mark.parametrize("application", [machines, machines_behind_proxy])
def test_the_port_of_the_machines_shows_nobody_the_console(application: Application) -> None:
    assert wsgi(application, PATH)[0] == HTTPStatus.OK
    for path in ("/", "/sign-in/", "/static/css/console.css"):
        assert wsgi(application, path)[0] == HTTPStatus.NOT_FOUND


@pytest.mark.django_db
@override_settings(SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"))
@pytest.mark.parametrize(
    ("application", "told"),
    [(machines, b"192.0.2.1 False"), (machines_behind_proxy, b"198.51.100.7 True")],
)
def test_a_proxy_is_believed_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, application: Application, told: bytes
) -> None:
    def tell(request: HttpRequest) -> HttpResponse:
        return HttpResponse(f"{client_address(request)} {request.is_secure()}")

    monkeypatch.setattr(MachineEndpoints, "endpoints", (Endpoint(at(PATH), tell),))
    said = {"HTTP_X_FORWARDED_FOR": "198.51.100.7", "HTTP_X_FORWARDED_PROTO": "https"}
    environ = {"REMOTE_ADDR": "192.0.2.1", "wsgi.url_scheme": "http", **said}
    assert wsgi(application, PATH, **environ) == (HTTPStatus.OK, told)


def test_no_header_makes_the_console_that_of_machines(client: Client) -> None:
    assert client.get("/", headers={ONLY_MACHINES: "1"}).status_code == HTTPStatus.FOUND
