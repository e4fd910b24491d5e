"""manage.py prepare: the steps before a start, in their order."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from pytest_django import Settings

from iotconsole.management.commands import prepare


@pytest.mark.parametrize("no_operator", [False, True])
def test_the_database_comes_first_and_the_operator_last_if_at_all(
    monkeypatch: pytest.MonkeyPatch, no_operator: bool
) -> None:
    called: list[str] = []
    monkeypatch.setattr(prepare, "call_command", lambda name, **_: called.append(name))
    call_command("prepare", no_operator=no_operator)
    last = [] if no_operator else ["ensure_operator"]
    assert called == ["migrate", "collectstatic", "certificates", *last]


def test_a_database_out_of_reach_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, **_: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(prepare, "call_command", refuse)
    with pytest.raises(CommandError, match="The database of DATABASE_URL: connection refused"):
        call_command("prepare")


def test_every_step_is_a_command_that_exists() -> None:
    from django.core.management import get_commands

    assert {name for name, _ in prepare.STEPS} <= set(get_commands())


@pytest.mark.django_db(transaction=True)
def test_it_may_be_done_again(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """The second time nothing is left to do, and nothing is said."""
    call_command("prepare")
    capsys.readouterr()
    call_command("prepare")
    assert capsys.readouterr().out == ""
