"""Roles, deactivation and the end of sessions; there is always an administrator."""

from collections.abc import Callable

import pytest
from django.test import Client

from common.errors import ConflictError, NotFoundError
from operators.actor import SHELL
from operators.models import AuditEntry, Operator, Role
from operators.operations import account_admin
from tests.operators.people import actor, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> Operator:
    return person("root", role=Role.ADMIN)


def again(operator: Operator) -> Operator:
    return Operator.objects.get(pk=operator.pk)


def test_an_administrator_changes_a_role(root: Operator, vik: Operator) -> None:
    account_admin.set_role(actor(root), vik.pk, Role.OPERATOR)
    assert again(vik).may_change
    entry = AuditEntry.objects.get(act="operator.role")
    assert (entry.operator, entry.target) == (root, vik.target)
    assert entry.text == "Changed the role from Viewer to Operator"


@pytest.mark.parametrize(
    "change",
    [
        lambda who, pk: account_admin.set_role(who, pk, Role.OPERATOR),
        account_admin.deactivate,
    ],
)
def test_the_last_administrator_stays(root: Operator, change: Callable[..., object]) -> None:
    with pytest.raises(ConflictError, match="There must be an active administrator"):
        change(actor(root), root.pk)
    assert again(root).is_admin
    assert again(root).is_active
    assert not AuditEntry.objects.exists()
    person("second", role=Role.ADMIN)
    change(actor(root), root.pk)


def test_a_deactivated_administrator_counts_for_none(root: Operator) -> None:
    second = person("second", role=Role.ADMIN)
    account_admin.deactivate(actor(root), second.pk)
    with pytest.raises(ConflictError):
        account_admin.set_role(actor(root), root.pk, Role.VIEWER)


def test_whoever_is_no_administrator_any_more_changes_nothing(
    root: Operator, vik: Operator, chen: Operator
) -> None:
    with pytest.raises(ConflictError, match="no longer an administrator"):
        account_admin.set_role(actor(chen), vik.pk, Role.ADMIN)
    account_admin.set_role(SHELL, vik.pk, Role.OPERATOR)
    assert again(vik).role == Role.OPERATOR


def test_the_same_role_or_a_gone_account_is_said(root: Operator, vik: Operator) -> None:
    with pytest.raises(ConflictError):
        account_admin.set_role(actor(root), vik.pk, Role.VIEWER)
    with pytest.raises(NotFoundError):
        account_admin.set_role(actor(root), 9999, Role.VIEWER)


def test_deactivating_signs_out_at_once_and_keeps_out(
    root: Operator, chen: Operator, client: Client
) -> None:
    client.force_login(chen)
    assert client.get("/settings/phone/").status_code == 200
    account_admin.deactivate(actor(root), chen.pk)
    assert client.get("/settings/phone/").status_code == 302
    assert not client.login(username="chen", password="correct horse battery")
    account_admin.reactivate(actor(root), chen.pk)
    assert client.get("/settings/phone/").status_code == 302, "the old session stays over"
    assert client.login(username="chen", password="correct horse battery")


def test_only_what_is_active_is_deactivated_and_the_reverse(root: Operator, chen: Operator) -> None:
    with pytest.raises(ConflictError):
        account_admin.reactivate(actor(root), chen.pk)
    account_admin.deactivate(actor(root), chen.pk)
    with pytest.raises(ConflictError):
        account_admin.deactivate(actor(root), chen.pk)


def test_signing_out_everywhere_ends_sessions_nobody_noted(
    root: Operator, chen: Operator, client: Client
) -> None:
    client.force_login(chen)
    chen.signed_in.all().delete()
    account_admin.sign_out_everywhere(actor(root), chen.pk)
    assert client.get("/settings/phone/").status_code == 302
