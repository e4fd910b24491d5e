"""An invitation: a link good once, for 72 hours, with which its owner sets the password."""

import logging
import re
from datetime import timedelta

import pytest
import time_machine
from django.apps import apps
from django.test import Client
from django.utils import timezone

from common.errors import NotFoundError, OperationError
from operators.models import AuditEntry, Invitation, Operator, Role
from operators.operations import invitations
from tests.console.dom import by_id, text, tree
from tests.console.fixtures import confirmed, htmx
from tests.operators.people import PASSWORD, actor, person

pytestmark = pytest.mark.django_db
NEW = {"name": "Lin Mei", "password": "a wholly new one", "again": "a wholly new one"}


@pytest.fixture
def root() -> Operator:
    return person("root", role=Role.ADMIN)


@pytest.fixture
def admin(root: Operator) -> Client:
    client = Client()
    client.force_login(root)
    return confirmed(client, root)


def invite(root: Operator, username: str = "lin") -> tuple[Operator, str]:
    return invitations.invite(actor(root), username, Role.VIEWER)


def test_the_link_is_shown_once_and_only_its_digest_is_kept(admin: Client) -> None:
    form = {"username": "lin", "role": "operator", "every_product": "on"}
    response = admin.post("/settings/accounts/invite/", form, headers=htmx("dialog-body"))
    found = re.search(r"http://localhost:8000/invitation/#([\w-]{43})", response.content.decode())
    assert found
    assert "no-store" in response.headers["Cache-Control"]
    models = apps.get_app_config("operators").get_models()
    rows = str([list(each._default_manager.values()) for each in models])
    assert found[1] not in rows
    assert Invitation.objects.get().digest == Invitation.digest_of(found[1])


def test_the_invited_person_sets_name_and_password_and_signs_in(
    root: Operator, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    account, code = invite(root)
    assert not client.login(username="lin", password="")
    response = client.post("/invitation/", {"code": code, **NEW})
    assert response.status_code == 302
    account.refresh_from_db()
    assert (account.first_name, account.state, account.role) == ("Lin Mei", "active", Role.VIEWER)
    assert client.login(username="lin", password=NEW["password"])
    entry = AuditEntry.objects.get(act="operator.accept")
    assert (entry.operator, entry.target) == (account, account.target)
    assert code not in caplog.text
    assert NEW["password"] not in f"{caplog.text} {list(AuditEntry.objects.values())}"


def test_a_code_is_good_once(root: Operator, client: Client) -> None:
    _, code = invite(root)
    client.post("/invitation/", {"code": code, **NEW})
    answer = client.post("/invitation/", {"code": code, **NEW, "password": PASSWORD})
    assert answer.status_code == 422
    with pytest.raises(NotFoundError, match="invalid"):
        invitations.accept(code, "X", PASSWORD, None)
    assert client.login(username="lin", password=NEW["password"])


def test_a_code_is_good_for_72_hours(root: Operator) -> None:
    _, code = invite(root)
    with (
        time_machine.travel(timezone.now() + timedelta(hours=72, seconds=1)),
        pytest.raises(NotFoundError),
    ):
        invitations.accept(code, "X", PASSWORD, None)
    invitations.accept(code, "X", PASSWORD, None)


def test_a_new_link_voids_the_one_before(root: Operator) -> None:
    account, first = invite(root)
    second = invitations.renew(actor(root), account.pk)
    with pytest.raises(NotFoundError):
        invitations.accept(first, "X", PASSWORD, None)
    assert invitations.accept(second, "X", PASSWORD, None) == account


def test_a_cancelled_invitation_leaves_no_account(root: Operator) -> None:
    account, code = invite(root)
    invitations.cancel(actor(root), account.pk)
    assert not Operator.objects.filter(username="lin").exists()
    with pytest.raises(NotFoundError):
        invitations.accept(code, "X", PASSWORD, None)


def test_an_account_in_use_is_neither_cancelled_nor_invited_again(
    root: Operator, chen: Operator
) -> None:
    for act in (invitations.cancel, invitations.renew):
        with pytest.raises(OperationError, match="already has a password"):
            act(actor(root), chen.pk)


@pytest.mark.parametrize("username", ["root", "", "with space"])
def test_a_bad_or_taken_name_is_told_beside_the_field(admin: Client, username: str) -> None:
    form = {"username": username, "role": "viewer"}
    response = admin.post("/settings/accounts/invite/", form, headers=htmx("dialog-body"))
    assert response.status_code == 422
    assert text(by_id(tree(response), "id_username_error"))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"again": "another"}, "again"),
        ({"password": "short", "again": "short"}, "password"),
        ({"password": "password123", "again": "password123"}, "password"),
        ({"code": "nonsense"}, "code"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_happens(
    root: Operator, client: Client, change: dict[str, str], field: str
) -> None:
    account, code = invite(root)
    response = client.post("/invitation/", {"code": code, **NEW, **change})
    assert response.status_code == 422
    assert text(by_id(tree(response), f"id_{field}_error"))
    assert NEW["password"] not in response.content.decode()
    account.refresh_from_db()
    assert account.state == "invited"


def test_nobody_but_an_administrator_invites(chen: Operator) -> None:
    client = Client()
    client.force_login(chen)
    confirmed(client, chen)
    for url in ("/settings/accounts/", "/settings/accounts/invite/"):
        assert client.get(url).status_code == 403
    assert client.post("/settings/accounts/invite/", {"username": "x"}).status_code == 403
