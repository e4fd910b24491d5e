"""`manage.py create_access_key` and `manage.py access_keys`."""

import logging

import pytest

from operators.models import AccessKey, AccessKeyScope, AuditEntry, Operator, Role
from tests.operators.people import START, person
from tests.shell import answer, failure, words

pytestmark = pytest.mark.django_db


def test_a_key_is_made_without_any_account(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    made = answer("create_access_key", "line")
    key = AccessKey.objects.get()
    assert made == {
        "access_key_id": key.access_key_id,
        "access_key_secret": key.secret,
        "name": "line",
        "scope": "everything",
    }
    assert key.operator is None
    entry = AuditEntry.objects.get()
    assert (entry.origin, entry.target) == ("shell", key.target)
    assert key.secret not in f"{caplog.text} {entry.facts} {entry.text}"


def test_in_words_the_secret_is_printed_once() -> None:
    text = words("create_access_key", "line", "--scope", "read")
    key = AccessKey.objects.get()
    assert text.count(key.secret) == 1
    assert key.access_key_id in text
    assert key.scope == AccessKeyScope.READ_ONLY


def test_a_key_of_an_operator(chen: Operator) -> None:
    answer("create_access_key", "line", "--scope", "devices", "--operator", "chen")
    key = AccessKey.objects.get()
    assert (key.operator, key.scope) == (chen, AccessKeyScope.DEVICES)


def test_an_account_that_is_none_or_may_not_change_gets_no_key(vik: Operator) -> None:
    assert "no account chen" in failure("create_access_key", "line", "--operator", "chen")["error"]
    assert failure("create_access_key", "line", "--operator", "vik")["field"] == "operator"
    assert not AccessKey.objects.exists()


@pytest.mark.parametrize("name", ["line", " line ", "", "x" * 65])
def test_a_taken_or_bad_name_is_said(name: str) -> None:
    answer("create_access_key", "line")
    assert failure("create_access_key", name)["field"] == "name"
    assert AccessKey.objects.count() == 1


def test_they_are_listed_without_secrets(chen: Operator) -> None:
    assert words("access_keys") == "There is no access key.\n"
    answer("create_access_key", "line", "--operator", "chen")
    answer("create_access_key", "billing", "--scope", "read")
    AccessKey.objects.filter(name="line").update(last_used_at=START, last_used_address="192.0.2.1")
    billing, line = answer("access_keys")["access_keys"]
    assert (billing["name"], billing["operator"], billing["scope"]) == ("billing", None, "read")
    assert (line["operator"], line["last_used_address"]) == ("chen", "192.0.2.1")
    text = words("access_keys", "list")
    assert "last used 2026-11-23 09:00 UTC" in text
    for key in AccessKey.objects.all():
        assert key.access_key_id in text
        assert key.secret not in text + str(billing) + str(line)


@pytest.mark.parametrize("by", ["name", "access_key_id"])
def test_one_is_switched_off_and_on_and_deleted(by: str) -> None:
    made = answer("create_access_key", "line")
    for action, enabled in (("disable", False), ("enable", True)):
        told = answer("access_keys", action, made[by])
        assert told == {"action": action, "access_key_id": made["access_key_id"], "name": "line"}
        assert AccessKey.objects.get().enabled is enabled
    assert "already enabled" in failure("access_keys", "enable", made[by])["error"]
    answer("access_keys", "delete", made[by])
    assert "no access key" in failure("access_keys", "delete", made[by])["error"]


def test_an_id_is_meant_before_a_name() -> None:
    made = answer("create_access_key", "line")
    answer("create_access_key", made["access_key_id"])
    answer("access_keys", "delete", made["access_key_id"])
    assert AccessKey.objects.get().name == made["access_key_id"]


def test_an_action_without_its_key_and_a_list_with_one_are_refused() -> None:
    for arguments in (["disable"], ["list", "line"]):
        assert "takes a KEY" in failure("access_keys", *arguments)["error"]


def test_the_key_of_a_deactivated_account_is_still_minded() -> None:
    person("root", role=Role.ADMIN)
    made = answer("create_access_key", "line", "--operator", "root")
    Operator.objects.update(is_active=False)
    answer("access_keys", "disable", made["name"])
    assert not AccessKey.objects.get().enabled
