"""Passwords are hashed one at a time, as Django does it."""

import os
import threading
from collections.abc import Callable

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from iotconsole import settings
from operators.hashers import OneAtATimePBKDF2

THREADS = 8


def test_what_is_stored_is_that_of_django() -> None:
    ours, its = OneAtATimePBKDF2(), PBKDF2PasswordHasher()
    stored = ours.encode("correct horse", "salt", 10)
    assert stored == its.encode("correct horse", "salt", 10)
    assert ours.verify("correct horse", its.encode("correct horse", "salt"))
    assert not ours.verify("wrong", stored)
    assert settings.PASSWORD_HASHERS == ["operators.hashers.OneAtATimePBKDF2"]


def test_no_two_are_hashed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    at_work = most = 0
    lock = threading.Lock()

    def watched(*_args: object) -> str:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        threading.Event().wait(0.01)
        with lock:
            at_work -= 1
        return "hash"

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", watched)
    work: Callable[[], str] = lambda: OneAtATimePBKDF2().encode("x", "salt")  # noqa: E731
    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_others_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    niceness: list[int] = []

    def watched(*_args: object) -> str:
        niceness.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        return "hash"

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", watched)
    OneAtATimePBKDF2().encode("x", "salt")
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert niceness == [max(10, own)]
