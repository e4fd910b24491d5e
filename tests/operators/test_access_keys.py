"""Access keys are made, changed, switched off and deleted by whoever may."""

import pytest

from common.errors import ConflictError, NotFoundError, OperationError
from operators.actor import SHELL
from operators.models import AccessKey, AccessKeyScope, AuditEntry, Operator, Role
from operators.operations.access_keys import (
    change_access_key,
    create_access_key,
    delete_access_key,
    set_access_key_enabled,
)
from tests.operators.people import actor, person

pytestmark = pytest.mark.django_db
READ, DEVICES, EVERYTHING = AccessKeyScope


def last_entry() -> AuditEntry:
    return AuditEntry.objects.latest("number")


def test_a_new_key_is_as_long_as_the_platforms(chen: Operator) -> None:
    key = create_access_key(actor(chen), " line ", DEVICES)
    assert (len(key.access_key_id), len(key.secret)) == (24, 30)
    assert (key.access_key_id + key.secret).isalnum()
    assert (key.name, key.operator, key.enabled, key.usable) == ("line", chen, True, True)


def test_the_secret_is_encrypted_at_rest_and_in_no_text_about_the_key(chen: Operator) -> None:
    key = create_access_key(actor(chen), "line", DEVICES)
    assert AccessKey.objects.get().secret == key.secret
    [(stored,)] = AccessKey.objects.extra(select={"raw": "secret || ''"}).values_list("raw")
    assert key.secret not in stored
    entry = last_entry()
    for text in (repr(key), str(key), entry.text, str(entry.facts)):
        assert key.secret not in text


def test_the_trail_says_what_was_made(chen: Operator) -> None:
    key = create_access_key(actor(chen), "line", DEVICES)
    entry = last_entry()
    assert (entry.act, entry.target) == ("access_key.create", f"access_key/{key.access_key_id}")
    assert entry.text == "Created access key line, scope Devices"


def test_the_shell_makes_keys_for_anybody_or_nobody(chen: Operator) -> None:
    assert create_access_key(SHELL, "one", READ).operator is None
    assert create_access_key(SHELL, "two", READ, chen).operator == chen


def test_an_operator_makes_no_key_for_another(chen: Operator, mei: Operator) -> None:
    with pytest.raises(ConflictError):
        create_access_key(actor(chen), "line", READ, mei)


def test_a_viewer_gets_no_key(vik: Operator) -> None:
    for by in (actor(vik), SHELL):
        with pytest.raises(ConflictError):
            create_access_key(by, "line", READ, vik)


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "a\nb", "a\0b"])
def test_a_name_has_1_to_64_characters(chen: Operator, name: str) -> None:
    with pytest.raises(OperationError) as caught:
        create_access_key(actor(chen), name, READ)
    assert caught.value.field == "name"


def test_a_name_is_used_once_until_the_key_is_deleted(chen: Operator) -> None:
    first = create_access_key(actor(chen), "line", READ)
    with pytest.raises(ConflictError) as caught:
        create_access_key(SHELL, "line", READ)
    assert caught.value.field == "name"
    delete_access_key(actor(chen), first.access_key_id)
    assert create_access_key(SHELL, "line", READ).access_key_id != first.access_key_id


def test_name_and_scope_change(chen: Operator) -> None:
    key = create_access_key(actor(chen), "line", READ)
    change_access_key(actor(chen), key.access_key_id, "line 2", EVERYTHING)
    key.refresh_from_db()
    assert (key.name, key.scope) == ("line 2", EVERYTHING)
    assert last_entry().text == "Changed access key: name line 2, scope Everything"
    create_access_key(actor(chen), "line", READ)
    with pytest.raises(ConflictError):
        change_access_key(actor(chen), key.access_key_id, "line", READ)


def test_a_disabled_key_is_not_usable_until_enabled(chen: Operator) -> None:
    key = create_access_key(actor(chen), "line", READ)
    assert not set_access_key_enabled(actor(chen), key.access_key_id, enabled=False).usable
    with pytest.raises(ConflictError):
        set_access_key_enabled(actor(chen), key.access_key_id, enabled=False)
    assert set_access_key_enabled(actor(chen), key.access_key_id, enabled=True).usable
    acts = AuditEntry.objects.order_by("number").values_list("act", flat=True)
    assert list(acts)[-2:] == ["access_key.disable", "access_key.enable"]


def test_a_deleted_key_stays_in_the_trail(chen: Operator) -> None:
    key = create_access_key(actor(chen), "line", READ)
    delete_access_key(actor(chen), key.access_key_id)
    assert not AccessKey.objects.exists()
    assert AuditEntry.objects.filter(target=key.target).count() == 2
    with pytest.raises(NotFoundError):
        delete_access_key(actor(chen), key.access_key_id)


def test_only_administrators_mind_the_keys_of_others(chen: Operator, mei: Operator) -> None:
    ids = [create_access_key(actor(chen), f"line {n}", READ).access_key_id for n in range(2)]
    for act in (
        lambda: set_access_key_enabled(actor(mei), ids[0], enabled=False),
        lambda: change_access_key(actor(mei), ids[0], "mine", EVERYTHING),
        lambda: delete_access_key(actor(mei), ids[0]),
    ):
        with pytest.raises(NotFoundError):
            act()
    root = person("root", role=Role.ADMIN)
    delete_access_key(actor(root), ids[0])
    delete_access_key(SHELL, ids[1])


@pytest.mark.parametrize("scope", AccessKeyScope)
@pytest.mark.parametrize("needed", AccessKeyScope)
def test_a_scope_includes_the_lesser_ones(scope: AccessKeyScope, needed: AccessKeyScope) -> None:
    order = [READ, DEVICES, EVERYTHING]
    assert scope.allows(needed) == (order.index(needed) <= order.index(scope))
    assert AccessKey(scope=scope).allows(needed) == scope.allows(needed)


def test_a_key_may_not_do_more_than_its_operator_may_now(chen: Operator) -> None:
    key = create_access_key(actor(chen), "line", EVERYTHING)
    assert key.allows(EVERYTHING)
    chen.role = Role.VIEWER
    assert [key.allows(scope) for scope in AccessKeyScope] == [True, False, False]
    chen.is_active = False
    assert not key.usable
