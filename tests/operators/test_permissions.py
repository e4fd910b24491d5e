"""The actor and address of a request, and the limits of a viewer."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings

from operators.models import Operator
from operators.permissions import actor_of, client_address, operator_of, operator_required

PROXY_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


def request_of(operator: Operator | AnonymousUser, **headers: str) -> HttpRequest:
    request = RequestFactory().post("/", headers=headers, REMOTE_ADDR="192.0.2.7")
    request.user = operator
    return request


@operator_required
def change(request: HttpRequest, name: str) -> HttpResponse:
    return HttpResponse(f"changed {name}")


def test_an_operator_may_change(chen: Operator) -> None:
    assert change(request_of(chen), "lamp").content == b"changed lamp"


def test_a_viewer_gets_403_with_words(vik: Operator) -> None:
    response = change(request_of(vik), "lamp")
    assert response.status_code == 403
    assert "Ask an operator" in response.content.decode()


def test_a_view_opened_by_mistake_serves_nobody() -> None:
    with pytest.raises(TypeError):
        operator_of(request_of(AnonymousUser()))


def test_the_actor_is_the_operator_at_the_address(chen: Operator) -> None:
    actor = actor_of(request_of(chen))
    assert (actor.origin, actor.operator, actor.address) == ("console", chen, "192.0.2.7")


def test_a_forwarded_address_is_not_believed_without_a_proxy(chen: Operator) -> None:
    request = request_of(chen, x_forwarded_for="203.0.113.1")
    with override_settings(SECURE_PROXY_SSL_HEADER=None):
        assert client_address(request) == "192.0.2.7"


def test_behind_a_proxy_only_its_own_word_counts(chen: Operator) -> None:
    request = request_of(chen, x_forwarded_for="203.0.113.1, 198.51.100.9")
    with override_settings(SECURE_PROXY_SSL_HEADER=PROXY_HEADER):
        assert client_address(request) == "198.51.100.9"


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("::ffff:192.0.2.9", "192.0.2.9"),
        ("::FFFF:C000:209", "192.0.2.9"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("\xa0192.0.2.9", None),
        ("unknown", None),
        ("192.0.2.9:4711", None),
    ],
)
def test_one_host_has_one_address_however_it_is_written(
    chen: Operator, written: str, address: str | None
) -> None:
    """Limits, networks and logs would otherwise know it as several."""
    request = request_of(chen, x_forwarded_for=written)
    with override_settings(SECURE_PROXY_SSL_HEADER=PROXY_HEADER):
        assert client_address(request) == address
    request.META["REMOTE_ADDR"] = written
    with override_settings(SECURE_PROXY_SSL_HEADER=None):
        assert client_address(request) == address
