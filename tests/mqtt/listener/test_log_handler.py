"""The log's thread: whoever writes a line never waits for whoever reads it."""

import logging
import os
import select
from collections.abc import Iterator
from pathlib import Path

import pytest

from mqtt.listener.log_handler import MOST_WAITING, QueuedHandler


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    os.close(writing)
    os.close(reading)


def line(text: str) -> logging.LogRecord:
    return logging.LogRecord("test", logging.INFO, __file__, 1, text, None, None)


def read_all(handler: QueuedHandler, reading: int) -> bytes:
    """Read the handler's output until nothing is left."""
    found = b""
    while handler._lines.unfinished_tasks or select.select([reading], [], [], 0)[0]:
        if select.select([reading], [], [], 0.02)[0]:
            found += os.read(reading, 65536)
    return found


def test_lines_are_written_in_their_order(pipe: tuple[int, int]) -> None:
    handler = QueuedHandler(pipe[1])
    for number in range(3):
        handler.emit(line(f"line {number}"))
    assert read_all(handler, pipe[0]) == b"line 0\nline 1\nline 2\n"


def test_nobody_waits_for_a_pipe_that_is_full(pipe: tuple[int, int]) -> None:
    """Ten times what is kept goes by; when somebody reads again, what was lost is said."""
    handler = QueuedHandler(pipe[1])
    for _ in range(10 * MOST_WAITING):
        handler.emit(line("x" * 100))
    handler.drain(0.1)
    assert b"lines lost: " in read_all(handler, pipe[0])


def test_a_line_that_cannot_be_formatted_is_counted_as_lost(
    pipe: tuple[int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    handler = QueuedHandler(pipe[1])
    handler.emit(logging.LogRecord("test", logging.INFO, __file__, 1, "%d", ("text",), None))
    handler.emit(line("after it"))
    assert read_all(handler, pipe[0]) == (b"after it\nlines lost: 1, not read in time or faulty\n")
    assert capsys.readouterr().err == ""


def test_a_reader_that_is_gone_harms_nobody(pipe: tuple[int, int]) -> None:
    with Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), pipe[0])  # its number stays taken
    handler = QueuedHandler(pipe[1])
    handler.emit(line("into the void"))
    handler.drain(10)
    handler.emit(line("and again"))
    handler.drain(10)
    assert handler._lines.unfinished_tasks == 0
