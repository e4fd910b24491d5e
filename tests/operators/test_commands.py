"""Accounts are made from the shell, and a password is shown once."""

import io
import re
import sys

import pytest
from django.core.management import CommandError, call_command

from operators.models import AuditEntry, Operator, Role

pytestmark = pytest.mark.django_db


def output(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_a_new_account_gets_a_random_password_that_works() -> None:
    text = output("create_operator", "chen")
    password = re.search(r"\(shown only now\): ([A-Za-z0-9]{20})\n", text)
    assert password
    chen = Operator.objects.get(username="chen")
    assert chen.check_password(password.group(1))
    assert chen.role == Role.OPERATOR


def test_a_viewer_can_be_made() -> None:
    output("create_operator", "vik", "--role", "viewer")
    assert not Operator.objects.get(username="vik").may_change


def test_a_password_is_read_from_standard_input_and_not_printed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse battery\n"))
    text = output("create_operator", "chen", "--password-stdin")
    assert "correct horse battery" not in text
    assert Operator.objects.get().check_password("correct horse battery")


@pytest.mark.parametrize("password", ["", "short", "password123456"[:8]])
def test_a_weak_password_makes_no_account(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(password + "\n"))
    with pytest.raises(CommandError, match="password"):
        output("create_operator", "chen", "--password-stdin")
    assert not Operator.objects.exists()


@pytest.mark.parametrize("username", ["chen", "no spaces", ""])
def test_a_bad_or_taken_name_is_refused(username: str) -> None:
    output("create_operator", "chen")
    with pytest.raises(CommandError):
        output("create_operator", username)
    assert Operator.objects.count() == 1


def test_making_an_account_is_audited_without_the_password() -> None:
    text = output("create_operator", "chen")
    entry = AuditEntry.objects.get()
    assert (entry.origin, entry.act, entry.target) == ("shell", "operator.create", "operator/chen")
    assert text.split()[-1] not in f"{entry.text} {entry.facts}"


def test_the_first_run_makes_an_operator_and_shows_the_password_once() -> None:
    first = output("ensure_operator")
    password = re.search(r"sign in as admin with the password ([A-Za-z0-9]{20})\n", first)
    assert password
    admin = Operator.objects.get()
    assert admin.may_change
    assert admin.check_password(password.group(1))
    assert output("ensure_operator") == ""


def test_no_account_is_added_to_existing_ones() -> None:
    output("create_operator", "chen")
    assert output("ensure_operator") == ""
    assert Operator.objects.count() == 1
