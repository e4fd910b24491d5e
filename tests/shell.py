"""Running a management command the way a script does."""

import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError


def words(*arguments: str) -> str:
    """The text the command prints for people."""
    output = io.StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def answer(*arguments: str) -> dict[str, Any]:
    """The output with --json: one object on one line."""
    text = words(*arguments, "--json")
    assert text.count("\n") == 1
    decoded: dict[str, Any] = json.loads(text)
    return decoded


def failure(*arguments: str) -> dict[str, Any]:
    """Its answer with --json when it fails, which it must: with exit code 1, and in words too."""
    output = io.StringIO()
    with pytest.raises(SystemExit) as exit_:
        call_command(*arguments, "--json", stdout=output)
    assert exit_.value.code == 1
    decoded: dict[str, Any] = json.loads(output.getvalue())
    with pytest.raises(CommandError) as in_words:
        words(*arguments)
    assert str(in_words.value) == decoded["error"]
    return decoded
