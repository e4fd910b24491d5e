"""Parsing a head from an unknown client costs no more than its length."""

from io import BytesIO
from time import thread_time
from typing import Any

import pytest

from common.web.request_heads import LONGEST_CONTENT_TYPE, tamed
from iotconsole.body_limits import body_limit
from iotconsole.wsgi import application, machines

# Each cost seconds: what takes apart a header looked at all of it for each of its characters.
TYPES = ['x;a="' + ";" * 60_000, 'x;a="' + '\\";' * 20_000, "x" + ";" * 60_000]
COOKIES = ['a="' + "\\0" * 30_000 + '"', 'a="' + '\\"' * 30_000 + '"']
# Seconds of this thread; a hundred times what they take now, a tenth of what they took.
MOST_SECONDS = 0.5


def asked(path: str = "/sign-in/", **headers: str) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8000",
        "HTTP_HOST": "localhost",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        **headers,
    }


HEADS = [{"CONTENT_TYPE": each} for each in TYPES] + [{"HTTP_COOKIE": each} for each in COOKIES]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("head", HEADS, ids=range(len(HEADS)))
@pytest.mark.parametrize("path", ["/sign-in/", "/nowhere/", "/", "/auth/register/device"])
def test_no_header_takes_long(head: dict[str, str], path: str) -> None:
    statuses: list[str] = []
    for served in (application, machines):
        b"".join(served(asked(path), lambda status, _headers: statuses.append(status)))  # warm
        began = thread_time()
        b"".join(served(asked(path, **head), lambda status, _headers: statuses.append(status)))
        body_limit(asked(path, **head))
        assert thread_time() - began < MOST_SECONDS
    assert not [status for status in statuses if status.startswith("5")]


def test_the_cookies_of_the_console_stay() -> None:
    cookies = 'sessionid=abc; other="a\\054b"; csrftoken=def; time_zone=Asia/Shanghai'
    found = tamed(asked(HTTP_COOKIE=cookies))["HTTP_COOKIE"]
    assert found == "sessionid=abc; csrftoken=def; time_zone=Asia/Shanghai"
    plain = asked(HTTP_COOKIE="sessionid=abc", CONTENT_TYPE="multipart/form-data; boundary=x")
    assert tamed(plain) is plain


def test_of_a_long_content_type_the_type_stays() -> None:
    boundary = "x" * 70
    whole = f"multipart/form-data; boundary={boundary}"
    assert tamed(asked(CONTENT_TYPE=whole))["CONTENT_TYPE"] == whole
    long = tamed(asked(CONTENT_TYPE="text/plain;" + "a" * LONGEST_CONTENT_TYPE))
    assert long["CONTENT_TYPE"] == "text/plain"
    assert len(tamed(asked(CONTENT_TYPE="x" * 9999))["CONTENT_TYPE"]) == LONGEST_CONTENT_TYPE
