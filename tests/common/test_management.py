"""Behaviour that all shell commands share (common/ops/management.py)."""

from collections.abc import Mapping
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser
from django.db import OperationalError

from common.crypto.encrypted_fields import DecryptionError
from common.ops.management import Answer, ShellCommand


class Failing(ShellCommand):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def add_own_arguments(self, parser: CommandParser) -> None:
        """None."""

    def act(self, options: Mapping[str, Any]) -> Answer:
        raise self.error


def test_an_unprepared_database_is_told_in_words() -> None:
    with pytest.raises(CommandError, match=r"no such table: x.*manage\.py migrate"):
        call_command(Failing(OperationalError("no such table: x\nLINE 1: …")))


def test_a_wrong_field_key_is_told_in_words() -> None:
    with pytest.raises(CommandError, match="FIELD_KEYS"):
        call_command(Failing(DecryptionError("stored secret does not fit any of FIELD_KEYS")))


def test_a_bug_is_not_dressed_up_as_an_answer() -> None:
    with pytest.raises(ZeroDivisionError):
        call_command(Failing(ZeroDivisionError()))


def test_an_answer_keeps_its_content_out_of_its_repr() -> None:
    assert "hush" not in repr(Answer("hush", {"product_secret": "hush"}))
