"""Every URL, whoever asks and whatever becomes of it, is answered with the headers that keep a
browser from being turned against the console, and with no script or style of its own.
"""

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import LazySettings
from django.contrib.staticfiles import finders
from django.test import Client
from django.test.html import Element
from django.urls import reverse

from iotconsole.wsgi import machines
from registration.deferred_log import LateLog, write
from tests import rpc
from tests.console.dom import tree, walk
from tests.console.fixtures import confirmed
from tests.console.pages import every_page
from tests.console.seed import Fleet
from tests.operators.people import PASSWORD
from tests.operators.test_permissions_walk import all_names

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

HOST = "console.example"
YEAR = 31_536_000
Headers = dict[str, str]


@pytest.fixture(autouse=True)
def over_tls(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with CONSOLE_URL=https://…, which decides all this when the settings are read."""
    settings.ALLOWED_HOSTS = [HOST]
    settings.SMS_BACKEND = "console"
    settings.BROKER_WEBHOOK_SECRETS = {"rabbitmq": ["a-long-enough-secret"]}
    settings.SECURE_HSTS_SECONDS = YEAR
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.LANGUAGE_COOKIE_SECURE = True
    # Without a thread that would write when the test is over.
    monkeypatch.setattr(LateLog, "add", lambda _, record: write([record]))


def browser(**more: Any) -> Client:
    return Client(headers={"Host": HOST, "X-Forwarded-Proto": "https"}, **more)


def urls(fleet: Fleet, who: str) -> list[str]:
    """All pages with real objects, and every URL that there is a pattern for.

    Those are posted to; htmx asks for the pages.
    """
    values: dict[str, object] = {
        "product_key": fleet.lamp.product_key,
        "device_name": fleet.cloned.device_name,
        "tab": "topics",
        "act": "disable",
        "trace_id": "7f",
    }
    others = [
        reverse(name, kwargs={each: values.get(each, 1) for each in arguments})
        for name, arguments in all_names()
    ]
    pages = set(every_page(fleet.lamp, fleet.cloned).values())
    assert len(pages.union(others)) > 130
    return sorted({"htmx": pages, "posting": set(others)}.get(who, pages.union(others)))


# --- The rules ----------------------------------------------------------------------------
def policy(headers: Headers) -> dict[str, list[str]]:
    directives = (part.split() for part in headers["Content-Security-Policy"].split(";"))
    return {name: values for name, *values in directives}


def problems(headers: Headers) -> Iterator[str]:
    """Yield the headers that a response over TLS lacks or sets wrongly."""
    csp = policy(headers)
    if not csp["default-src"] or set(csp["default-src"]) - {"'self'", "'none'"}:
        yield "default-src"
    for name, values in csp.items():
        if {"'unsafe-inline'", "'unsafe-eval'", "*", "https:", "http:"} & set(values):
            yield f"{name} is lax"
        if name in {"script-src", "style-src", "connect-src"} and "data:" in values:
            yield f"{name} takes data:"
    if csp.get("frame-ancestors") != ["'none'"] or headers["X-Frame-Options"] != "DENY":
        yield "frames"
    wanted = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Strict-Transport-Security": f"max-age={YEAR}; includeSubDomains; preload",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if headers.get("Content-Type", "").startswith("text/html"):
        wanted |= {"Cross-Origin-Opener-Policy": "same-origin"}
        if "camera=()" not in headers.get("Permissions-Policy", ""):
            yield "Permissions-Policy"
    yield from (f"{n}: {headers.get(n)}" for n, value in wanted.items() if headers.get(n) != value)


def kept_problems(response: "Response") -> Iterator[str]:
    """Yield problems with caching by browsers and proxies, and with the scope of cookies."""
    headers = dict(response.headers)
    if "no-store" not in headers["Cache-Control"]:
        yield f"Cache-Control: {headers['Cache-Control']}"
    for name, cookie in response.cookies.items():
        if cookie["max-age"] == 0:
            continue  # it goes
        if not (cookie["secure"] and cookie["samesite"] in {"Lax", "Strict"}):
            yield f"cookie {name}"
        if name in {"sessionid", "csrftoken"} and not cookie["httponly"]:
            yield f"cookie {name} can be read by scripts"


def inline(response: "Response") -> Iterator[str]:
    """Scripts and styles within a page, which the policy would not let run."""
    if not response.headers.get("Content-Type", "").startswith("text/html"):
        return
    for element in walk(tree(response)):
        yield from _inline(element)


def _inline(element: Element) -> Iterator[str]:
    attributes = {name: value or "" for name, value in element.attributes}
    if element.name == "style" or (element.name == "script" and "src" not in attributes):
        yield f"<{element.name}>"
    for name, value in attributes.items():
        # hx-on is htmx's way of the same.
        if re.match(r"on|hx-on|style$", name):
            yield f"{element.name} {name}"
        if value.strip().lower().startswith(("javascript:", "vbscript:", "data:text")):
            yield f"{element.name} {name}={value[:20]}"
        if re.match(r"(https?:)?//", value) and name in {"src", "action"}:
            yield f"{element.name} of another host: {value}"
        if element.name == "link" and name == "href" and re.match(r"(https?:)?//", value):
            yield f"a link to another host: {value}"


def found(response: "Response", *, page: bool = True) -> list[str]:
    """All that is wrong with an answer."""
    missing = list(problems(dict(response.headers)))
    return [*missing, *kept_problems(response), *inline(response)] if page else missing


# --- Browsers -----------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["anonymous", "operator", "htmx", "posting"])
def test_every_url_of_the_console(who: str, fleet: Fleet, chen: Any) -> None:
    client = browser()
    if who != "anonymous":
        client.force_login(chen)
        confirmed(client, chen)
    headers = {"HX-Request": "true", "HX-Target": "dialog-body"} if who == "htmx" else {}
    wrong: dict[str, list[str]] = {}
    for url in urls(fleet, who):
        if who == "posting" and url == reverse("operators:sign_out"):
            continue
        ask = client.post if who == "posting" else client.get
        response = ask(url, headers=headers, secure=True)
        assert response.status_code < 500, url
        if problems_here := found(response):
            wrong[url] = problems_here
    assert wrong == {}


def test_signing_in_and_the_cookies_it_sets(chen: Any) -> None:
    client = browser()
    page = client.get("/sign-in/", secure=True)
    form = {"username": "chen", "password": PASSWORD}
    answer = client.post("/sign-in/", form, secure=True)
    wrong = client.post("/sign-in/", {**form, "password": "x"}, secure=True)
    assert set(answer.cookies) >= {"sessionid"}
    assert [*found(page), *found(answer), *found(wrong)] == []


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page fails, in what all of them need."""

    class Broken:
        @property
        def ENVIRONMENT_NAME(self) -> str:  # noqa: N802 - the setting's name
            raise RuntimeError("a secret word")

    monkeypatch.setattr("iotconsole.context_processors.settings", Broken())


def errors(chen: Any) -> dict[str, Callable[[], "Response"]]:
    signed_in, careful = browser(), browser(enforce_csrf_checks=True)
    signed_in.force_login(chen)
    stranger = Client(headers={"Host": "evil.example"})
    return {
        "400": lambda: stranger.get("/", secure=True),
        "403": lambda: careful.post("/sign-in/", {}, secure=True),
        "404": lambda: signed_in.get("/nothing/", secure=True),
        "404 to a stranger": lambda: browser().get("/nothing/", secure=True),
        "404 of a file": lambda: browser().get("/static/nothing.js", secure=True),
        "405": lambda: signed_in.put("/products/", secure=True),
    }


def test_errors(chen: Any) -> None:
    answers = {name: ask() for name, ask in errors(chen).items()}
    assert {n: str(a.status_code) for n, a in answers.items()} == {n: n[:3] for n in answers}
    assert [(name, wrong) for name, answer in answers.items() for wrong in found(answer)] == []


def test_a_failure_of_ours(broken: None, chen: Any) -> None:
    client = browser(raise_request_exception=False)
    client.force_login(chen)
    answer = client.get("/", secure=True)
    assert answer.status_code == 500
    assert found(answer) == []
    assert "secret word" not in answer.content.decode()


def test_a_redirect_to_tls(settings: LazySettings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    answer = browser().get("/products/")
    assert (answer.status_code, answer.headers["Location"]) == (301, f"https://{HOST}/products/")
    # Browsers heed HSTS over TLS only.
    assert [each for each in found(answer) if "Transport" not in each] == []


@pytest.mark.django_db
def test_static_files_may_be_kept_and_nothing_else_is_lax() -> None:
    directory = Path(str(finders.find("css/console.css"))).parent.parent
    files = [path.relative_to(directory) for path in directory.rglob("*.*")]
    assert len(files) > 5
    for file in files:
        answer = browser().get(f"/static/{file}", secure=True)
        b"".join(answer.streaming_content if answer.streaming else [])  # type: ignore[attr-defined]
        answer.close()
        assert answer.status_code == 200
        assert found(answer, page=False) == [], file
        assert "Access-Control-Allow-Origin" not in answer.headers


# --- Machines -----------------------------------------------------------------------------
def machine_answers() -> dict[str, "Response"]:
    client = browser()
    secret = "/brokers/a-long-enough-secret/rabbitmq/user"
    return {
        "healthz": client.get("/healthz", secure=True),
        "readyz": client.get("/readyz", secure=True),
        "readyz, not so": client.get("/readyz?worker", secure=True),
        "health, wrong method": client.post("/healthz", secure=True),
        "registration": client.post("/auth/register/device", {"productKey": "a1"}, secure=True),
        "registration, read": client.get("/auth/register/device", secure=True),
        "webhook": client.post(secret, {"username": "a", "password": "b"}, secure=True),
        "webhook, wrong secret": client.post(
            "/brokers/rabbitmq/user", {"username": "a"}, secure=True
        ),
        "webhook, unknown": client.post("/brokers/other/user", secure=True),
        "API, not signed": client.post("/", {"Action": "QueryProductList"}, secure=True),
        "API, method": client.delete("/", secure=True),
        "API, XML": client.get("/?Action=QueryProductList&Format=XML", secure=True),
        "CA": client.get("/ca.pem", secure=True),
    }


@pytest.mark.django_db
def test_machines(ca_file: object) -> None:
    answers = machine_answers()
    assert [(name, wrong) for name, answer in answers.items() for wrong in found(answer)] == []
    assert rpc.send("QueryProductList", PageSize=1, CurrentPage=1).status_code == 200


@pytest.mark.django_db
def test_old_firmware_can_read_every_line_of_what_machines_are_answered() -> None:
    answers = machine_answers()
    answers.pop("CA")
    lines = [f"{n}: {v}" for each in answers.values() for n, v in each.headers.items()]
    assert max(map(len, lines)) < 122  # protocol.md 3.1
    assert not any(each.cookies for each in answers.values())


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/auth/register/device", "/healthz", "/readyz", "/", "/sign-in/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_port_of_the_devices(path: str, method: str) -> None:
    received: list[tuple[str, Headers]] = []
    request = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SERVER_NAME": "devices.example",
        "SERVER_PORT": "8443",
        "wsgi.input": io.BytesIO(),
        "wsgi.url_scheme": "https",
    }
    machines(request, lambda status, headers: received.append((status, dict(headers))))
    ((_status, headers),) = received
    assert list(problems(headers)) == []
    assert headers["Cache-Control"] == "no-store"
