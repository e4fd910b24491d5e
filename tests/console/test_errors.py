"""Pages that say what went wrong: in the frame, in words, without a traceback or a secret."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.test import Client

from common.ops.logs import trace_of_record
from iotconsole.views import forbidden, server_error
from tests.console.dom import Answer, by_id, text, tree
from tests.console.seed import Fleet


def main_of(response: Answer) -> str:
    return text(by_id(tree(response), "main"))


def test_an_unknown_page_is_not_found_within_the_frame(console: Client) -> None:
    response = console.get("/nothing/")
    assert response.status_code == 404
    assert "There is no such page." in main_of(response)
    assert "Products" in text(by_id(tree(response), "nav"))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("/products/a1NoSuchKey/", "There is no product with the ProductKey a1NoSuchKey."),
        ("/products/a1NoSuchKey/edit/", "There is no product with the ProductKey a1NoSuchKey."),
        ("/devices/a1NoSuchKey/lamp-1/", "Product a1NoSuchKey has no device lamp-1."),
        ("/devices/watch/a1NoSuchKey/", "There is no product with the ProductKey a1NoSuchKey."),
    ],
)
def test_what_does_not_exist_is_named(console: Client, url: str, words: str) -> None:
    response = console.get(url)
    assert response.status_code == 404
    assert words in main_of(response)


def test_an_unknown_tab_is_not_found(console: Client, fleet: Fleet) -> None:
    assert console.get(fleet.lamp.get_absolute_url() + "nothing/").status_code == 404
    assert console.get(fleet.plain.get_absolute_url() + "nothing/").status_code == 404


def test_a_wish_for_neither_on_nor_off_is_not_found(console: Client, fleet: Fleet) -> None:
    url = fleet.lamp.get_absolute_url() + "dynamic-registration/"
    assert console.get(url).status_code == 404
    assert console.get(url + "?to=maybe").status_code == 404


def test_hostile_names_in_a_url_are_told_as_text(console: Client) -> None:
    response = console.get("/products/%3Cscript%3Ealert(1)%3C%2Fscript%3E/")
    assert response.status_code == 404
    assert b"<script>alert" not in response.content


def test_a_form_without_its_token_is_refused_in_words(console: Client) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.cookies = console.cookies
    response = careful.post("/products/new/", {"name": "Smart_Lamp"})
    assert response.status_code == 403
    assert "This form is out of date" in main_of(response)


def test_a_refusal_gives_its_reason(rf_request: HttpRequest) -> None:
    response = forbidden(rf_request, PermissionDenied("Only on Mondays."))
    assert response.status_code == 403
    assert "Only on Mondays." in main_of(response)


def test_a_server_error_needs_neither_database_nor_session(rf_request: HttpRequest) -> None:
    response = server_error(rf_request)
    assert response.status_code == 500
    assert "The server could not answer" in main_of(response)


def test_errors_tell_the_trace_id_that_stands_in_the_log(
    console: Client, caplog: pytest.LogCaptureFixture
) -> None:
    response = console.get("/nothing/")
    shown = text(by_id(tree(response), "trace-id"))
    assert len(shown) == 16
    record = next(each for each in caplog.records if "/nothing/" in each.getMessage())
    assert trace_of_record(record) == shown


def test_a_server_error_tells_it_too(console: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: HttpRequest) -> None:
        raise RuntimeError("a secret word")

    monkeypatch.setattr("iotconsole.context_processors.trace_of", fail)
    console.raise_request_exception = False
    response = console.get("/")
    assert response.status_code == 500
    assert len(text(by_id(tree(response), "trace-id"))) == 16
    assert "secret word" not in response.content.decode()


def test_under_a_strange_name_the_console_says_that_it_is_not_it(client: Client) -> None:
    response = client.get("/", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert "The server does not accept this request" in main_of(response)


@pytest.fixture
def rf_request(rf: object, chen: object) -> HttpRequest:
    request = HttpRequest()
    request.user = chen  # type: ignore[assignment]
    request.META["SERVER_NAME"], request.META["SERVER_PORT"] = "testserver", "80"
    return request
