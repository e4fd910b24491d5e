"""The WSGI environ that an application gets for a request."""

import io
from typing import Any

import h11
import pytest

from common.net.http.environ import PROVEN, Local, environ_of, sender_proven, with_body
from common.net.http.request_head import RequestError

LOCAL = Local("10.0.0.1", 8443, secure=True)


def environ(target: bytes = b"/", *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    request = h11.Request(method=b"GET", target=target, headers=[(b"Host", b"x"), *headers])
    return environ_of(request, "192.0.2.7", LOCAL)


def test_path_and_query_are_taken_apart_and_only_the_path_is_decoded() -> None:
    told = environ(b"/a%20b/%C3%A9?q=%41&x=%3f?#frag")
    assert told["PATH_INFO"] == "/a b/\xc3\xa9"
    assert told["QUERY_STRING"] == "q=%41&x=%3f?"
    assert (told["REMOTE_ADDR"], told["wsgi.url_scheme"]) == ("192.0.2.7", "https")
    assert (told["SERVER_NAME"], told["SERVER_PORT"]) == ("10.0.0.1", "8443")


@pytest.mark.parametrize(
    ("target", "path"), [(b"http://x/a?b", "/a"), (b"https://x", "/"), (b"//x/a", "//x/a")]
)
def test_a_target_may_name_the_host(target: bytes, path: str) -> None:
    assert environ(target)["PATH_INFO"] == path


@pytest.mark.parametrize("target", [b"x", b"*", b"ftp://x/", b"http://[x/", b"x:443"])
def test_what_is_no_path_is_refused(target: bytes) -> None:
    with pytest.raises(RequestError):
        environ(target)


def test_a_header_with_an_underscore_passes_for_no_other() -> None:
    told = environ(b"/", (b"X_Forwarded_For", b"1.2.3.4"), (b"Content_Length", b"7"))
    assert not {"HTTP_X_FORWARDED_FOR", "CONTENT_LENGTH", "HTTP_CONTENT_LENGTH"} & set(told)


def test_headers_of_one_name_are_one_value() -> None:
    told = environ(b"/", (b"A", b"1"), (b"a", b"2"), (b"Cookie", b"b=1"), (b"Cookie", b"c=2"))
    assert told["HTTP_A"] == "1,2"
    assert told["HTTP_COOKIE"] == "b=1;c=2"


def test_a_body_that_came_in_chunks_has_a_length_like_any_other() -> None:
    told = environ(b"/", (b"Transfer-Encoding", b"chunked"))
    with_body(told, 5, io.BytesIO(b"hello"))
    assert "HTTP_TRANSFER_ENCODING" not in told
    assert told["CONTENT_LENGTH"] == "5"
    assert told["wsgi.input"].read() == b"hello"


def test_an_application_tells_whose_sender_is_proven() -> None:
    told: list[str] = []
    sender_proven({PROVEN: lambda: told.append("proven")})
    sender_proven({})
    assert told == ["proven"]
