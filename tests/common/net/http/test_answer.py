"""Answers on their way from a thread to the loop, whoever is slow."""

import io
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from common.net.http import answer as answers
from common.net.http.answer import Answer, FileWrapper, run

PATIENCE = 20


class Wakes:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


@pytest.fixture
def answer() -> Iterator[Answer]:
    answer = Answer(Wakes())
    yield answer
    answer.close()


def environ() -> dict[str, Any]:
    return {"wsgi.input": io.BytesIO()}


def drained(answer: Answer) -> bytes:
    """Read to the end, or as far as the thread has written."""
    parts: list[bytes] = []
    while part := answer.read():
        parts.append(part)
    return b"".join(parts)


def test_what_was_written_is_read_in_portions(answer: Answer) -> None:
    written = bytes(range(256)) * 4096
    answer.write(written[:5])
    answer.write(written[5:])
    assert answer.read() == written[: answers.PORTION]
    answer.end()
    assert written[: answers.PORTION] + drained(answer) == written
    assert answer.read() is None


def test_before_the_end_there_is_more_to_come(answer: Answer) -> None:
    assert answer.read() == b""
    answer.write(b"a")
    assert (answer.read(), answer.read()) == (b"a", b"")
    answer.write(b"b")
    answer.end()
    assert (answer.read(), answer.read()) == (b"b", None)


def test_a_thread_far_ahead_waits_until_its_client_has_read(
    answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "MAX_AHEAD", 10)
    answer.write(b"x" * 10)
    thread = threading.Thread(target=answer.write, args=(b"y",))
    thread.start()
    thread.join(0.1)
    assert thread.is_alive()
    assert answer.read() == b"x" * 10
    thread.join(PATIENCE)
    assert answer.read() == b"y"


@pytest.mark.parametrize("ahead", [0, 10])
def test_a_thread_whose_client_is_gone_goes_on_with_nothing(
    answer: Answer, monkeypatch: pytest.MonkeyPatch, ahead: int
) -> None:
    """Neither when it writes nor while it waits."""
    monkeypatch.setattr(answers, "MAX_AHEAD", 10)
    closed: list[str] = []

    class Parts:
        def __iter__(self) -> Iterator[bytes]:
            yield b"x" * ahead
            threading.Timer(0.05, answer.close).start()
            while True:
                yield b"y"

        def close(self) -> None:
            closed.append("closed")

    def application(_: object, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        return Parts()

    run(application, environ(), answer)
    assert closed == ["closed"]


def test_a_file_is_left_to_the_loop_and_closed_by_it(answer: Answer) -> None:
    file = io.BytesIO(b"z" * 40_000)

    def application(told: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        return FileWrapper(file) if "wsgi.file_wrapper" in told else []

    run(application, environ(), answer)
    assert drained(answer) == b"z" * 40_000
    assert not file.closed
    assert answer.file is not None
    answer.file.close()
    assert file.closed


def test_a_file_for_nobody_is_closed_at_once(answer: Answer) -> None:
    file = io.BytesIO(b"z")
    answer.close()
    run(lambda _, start: (start("200 OK", []), FileWrapper(file))[1], environ(), answer)
    assert file.closed


def test_the_old_way_of_writing_works_too(answer: Answer) -> None:
    def application(_: object, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("A", "b")])(b"first ")
        return [b"second"]

    run(application, environ(), answer)
    assert (answer.status, answer.headers) == (200, [("A", "b")])
    assert drained(answer) == b"first second"


def test_a_failure_is_told_and_not_swallowed(answer: Answer) -> None:
    def application(_: object, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        raise ValueError("of the application")

    told = environ()
    with pytest.raises(ValueError, match="of the application"):
        run(application, told, answer)
    assert answer.failed
    assert told["wsgi.input"].closed
