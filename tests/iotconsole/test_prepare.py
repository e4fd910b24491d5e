"""manage.py prepare: the steps before a start, in their order."""

from typing import Any

import pytest
from django.core.management import CommandError
from django.db import OperationalError
from pytest_django import Settings

from iotconsole.management.commands import prepare


def test_the_database_comes_first_and_the_operator_last(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    monkeypatch.setattr(prepare, "call_command", lambda name, **_: called.append(name))
    prepare.Command().handle()
    assert called == ["migrate", "collectstatic", "certificates", "ensure_operator"]


def test_a_database_out_of_reach_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, **_: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(prepare, "call_command", refuse)
    with pytest.raises(CommandError, match="The database of DATABASE_URL: connection refused"):
        prepare.Command().handle()


def test_every_step_is_a_command_that_exists() -> None:
    from django.core.management import get_commands

    assert {name for name, _ in prepare.STEPS} <= set(get_commands())


@pytest.mark.django_db(transaction=True)
def test_it_may_be_done_again(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """The second time nothing is left to do, and nothing is said."""
    prepare.Command().handle()
    capsys.readouterr()
    prepare.Command().handle()
    assert capsys.readouterr().out == ""
