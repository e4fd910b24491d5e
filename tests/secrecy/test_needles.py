"""The search that the other tests here trust finds what is there."""

import base64
import json
import zlib
from urllib.parse import quote

import pytest

from tests.secrecy.needles import Known, known

SECRET = "h1nQFYPZS0mWqzXY"


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        SECRET.upper(),
        SECRET.lower(),
        SECRET.encode().hex(),
        SECRET.encode().hex().upper(),
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(f"name:{SECRET}:more".encode()).decode(),
        base64.b64encode(f"n:{SECRET}".encode()).decode(),
        base64.b64encode(f"na:{SECRET}!".encode()).decode(),
        base64.b32encode(SECRET.encode()).decode(),
        f"https://console.example/?secret={SECRET}&more=1",
        json.dumps({"secret": SECRET}),
        SECRET.encode("utf-16-le").decode(),
    ],
)
def test_a_secret_is_found_however_it_is_written(written: str) -> None:
    heap = f"before {written} after".encode()
    [found] = known([("ProductSecret", SECRET)]).found_in(heap)
    assert found.startswith("ProductSecret, behind b'before ")


def test_one_that_has_to_be_quoted_is_found_quoted() -> None:
    secret = "/AeT+8 UF=%geheim"
    assert known([("token", secret)]).found_in(quote(secret, safe="").encode())


def test_what_is_not_there_is_not_found() -> None:
    assert known([("ProductSecret", SECRET)]).found_in(SECRET[:-1].encode() + b"?") == []
    assert known([("ProductSecret", SECRET)]).found_in(zlib.compress(SECRET.encode())) == []


def test_a_code_is_found_as_a_word_only() -> None:
    codes = Known()
    codes.add_code("SMS code", "123456")
    for heap in (b"Code 123456.", b'{"code": "123456"}', b"\t123456\n", b"code=123456&x"):
        assert len(codes.found_in(heap)) == 1, heap
    for heap in (b"at 18:53:28.123456", b"0123456789", b"a123456", b"+8613123456"):
        assert codes.found_in(heap) == []
