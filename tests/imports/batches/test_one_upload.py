"""Uploads of a process are read one after the other, so that their memory does not add up."""

import threading

import pytest

from common.errors import OperationError
from imports.batches import one_upload as module
from imports.batches.one_upload import one_upload


def test_an_upload_waits_for_the_one_before() -> None:
    order: list[str] = []

    def second() -> None:
        with one_upload():
            order.append("second")

    with one_upload():
        thread = threading.Thread(target=second)
        thread.start()
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_who_has_waited_too_long_is_asked_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT", 0.01)
    with one_upload(), pytest.raises(OperationError, match="Another file is being read"):
        one_upload().__enter__()


def test_one_that_fails_makes_room() -> None:
    with pytest.raises(ValueError, match="bad file"), one_upload():
        raise ValueError("bad file")
    with one_upload():
        pass
