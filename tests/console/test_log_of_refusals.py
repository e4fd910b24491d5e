"""A refused request is one line in the server's log; only a fault of ours has a traceback."""

import logging
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any
from unittest.mock import patch

import pytest
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.test import Client, override_settings

from common.ops.logs import Lines
from operators.models import Operator

REFUSED: dict[str, tuple[int, Callable[[Client], Any]]] = {
    "role": (403, lambda client: client.get("/settings/accounts/")),
    "role of a form": (403, lambda client: client.get("/products/new/")),
    "fleet": (403, lambda client: client.get("/devices/imports/")),
    "no page": (404, lambda client: client.get("/nothing/")),
    "method": (405, lambda client: client.get("/sign-out/")),
    "host": (400, lambda client: client.get("/", headers={"host": "evil.example"})),
    "upload": (
        400,
        lambda client: client.post(
            "/settings/phone/", b"x", content_type="multipart/form-data; boundary=\xe9"
        ),
    ),
    "fields": (
        400,
        lambda client: client.post(
            "/settings/phone/",
            "&".join(f"f{n}=" for n in range(1500)),
            content_type="application/x-www-form-urlencoded",
        ),
    ),
}


@pytest.fixture
def written() -> Iterator[StringIO]:
    """The output of the configured log handler, as it goes to the terminal or the journal."""
    handlers = logging.getLogger().handlers
    [handler] = [each for each in handlers if isinstance(each.formatter, Lines)]
    assert isinstance(handler, logging.StreamHandler)
    before = handler.setStream(stream := StringIO())
    yield stream
    handler.setStream(before)


@pytest.mark.parametrize("name", REFUSED)
@override_settings(ALLOWED_HOSTS=["testserver"])
def test_a_refusal_is_one_line(viewing: Client, written: StringIO, name: str) -> None:
    wanted, ask = REFUSED[name]
    if name == "fleet":
        Operator.objects.update(every_product=False)
    assert ask(viewing).status_code == wanted
    lines = written.getvalue().splitlines()
    assert len(lines) <= 2, lines
    assert lines
    assert not any("Traceback" in line or "File " in line for line in lines)


@pytest.mark.parametrize("error", [BadRequest("no"), SuspiciousOperation("no")])
def test_an_exception_that_is_answered_with_400_has_no_traceback(
    viewing: Client, written: StringIO, error: Exception
) -> None:
    with (
        patch("operators.views.render", side_effect=error),
        override_settings(SMS_BACKEND="console"),
    ):
        assert viewing.get("/development/sms/").status_code == 400
    assert "Traceback" not in written.getvalue()


def test_a_fault_of_ours_has_one(viewing: Client, written: StringIO) -> None:
    viewing.raise_request_exception = False
    with (
        patch("operators.views.render", side_effect=ZeroDivisionError),
        override_settings(SMS_BACKEND="console"),
    ):
        assert viewing.get("/development/sms/").status_code == 500
    assert "Traceback" in written.getvalue()
