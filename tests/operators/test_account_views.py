"""Accounts, for administrators."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from operators.actor import SHELL
from operators.models import AccessKeyScope, Operator, Role
from operators.operations import invitations
from operators.operations.access_keys import create_access_key
from tests.console.dom import attribute, by_id, text, tree
from tests.console.fixtures import confirmed
from tests.operators.people import actor, person

pytestmark = pytest.mark.django_db
ACTS = ("role", "deactivate", "reactivate", "sign-out", "renew", "cancel")
FRESH = ("role", "reactivate", "renew")


@pytest.fixture
def root() -> Operator:
    return person("root", role=Role.ADMIN, phone="+8613812349999")


@pytest.fixture
def admin(root: Operator) -> Client:
    client = Client()
    client.force_login(root)
    return confirmed(client, root)


def test_the_list_says_who_as_what_and_in_which_state(
    admin: Client, root: Operator, chen: Operator, vik: Operator
) -> None:
    invitations.invite(actor(root), "lin", Role.VIEWER, every_product=False)
    Operator.objects.filter(pk=vik.pk).update(is_active=False)
    shown = text(tree(admin.get("/settings/accounts/")))
    for words in ("root — Administrator Active All products", "lin — Viewer Invited Some"):
        assert words in shown
    assert "vik — Viewer Deactivated" in shown


def test_the_list_costs_the_same_queries_however_long(
    admin: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(20):
        person(f"p{n}")
    with django_assert_num_queries(3):  # session, operator, accounts
        admin.get("/settings/accounts/")


def test_an_accounts_page_leads_to_every_act(admin: Client, vik: Operator) -> None:
    page = tree(admin.get(f"/settings/accounts/{vik.pk}/"))
    for act in ("role", "grants", "deactivate"):
        link = attribute(by_id(page, act), "href") or ""
        assert link == attribute(by_id(page, act), "hx-get")
        assert str(vik.pk) in link
        assert admin.get(link).status_code == 200


def test_an_administrator_changes_a_role_in_the_dialog(admin: Client, vik: Operator) -> None:
    url = f"/settings/accounts/{vik.pk}/role/"
    assert admin.get(url).status_code == 200
    assert admin.post(url, {"role": "operator"}).status_code == 302
    assert Operator.objects.get(pk=vik.pk).role == Role.OPERATOR


def test_the_last_administrator_is_told_why(admin: Client, root: Operator) -> None:
    response = admin.post(f"/settings/accounts/{root.pk}/role/", {"role": "viewer"})
    assert response.status_code == 422
    assert "There must be an active administrator" in text(tree(response))


def test_deactivate_sign_out_and_reactivate(admin: Client, chen: Operator, client: Client) -> None:
    client.force_login(chen)
    here = f"/settings/accounts/{chen.pk}/"
    admin.post(f"{here}sign-out/")
    assert client.get("/settings/phone/").status_code == 302
    admin.post(f"{here}deactivate/")
    assert not Operator.objects.get(pk=chen.pk).is_active
    admin.post(f"{here}reactivate/")
    assert Operator.objects.get(pk=chen.pk).is_active


def test_deactivating_tells_of_the_programs_that_stop(admin: Client, chen: Operator) -> None:
    here = f"/settings/accounts/{chen.pk}/deactivate/"
    assert "access key" not in text(tree(admin.get(here)))
    create_access_key(SHELL, "line", AccessKeyScope.DEVICES, chen)
    assert "Its access key stops working, too." in text(tree(admin.get(here)))
    create_access_key(SHELL, "billing", AccessKeyScope.DEVICES, chen)
    assert "Its 2 access keys stop working, too." in text(tree(admin.get(here)))


def test_an_invitation_is_renewed_and_cancelled(admin: Client, root: Operator) -> None:
    account, code = invitations.invite(actor(root), "lin", Role.VIEWER)
    here = f"/settings/accounts/{account.pk}/"
    assert "New invitation link" in text(tree(admin.get(here)))
    answer = admin.post(f"{here}renew/")
    assert "/invitation/#" in answer.content.decode()
    assert code not in answer.content.decode()
    admin.post(f"{here}cancel/")
    assert not Operator.objects.filter(pk=account.pk).exists()


def test_nobody_else_sees_or_does_any_of_it(console: Client, chen: Operator, vik: Operator) -> None:
    here = f"/settings/accounts/{vik.pk}/"
    assert console.get(here).status_code == 403
    for act in ACTS:
        assert console.get(f"{here}{act}/").status_code == 403, act
        assert console.post(f"{here}{act}/", {"role": "admin"}).status_code == 403, act
    assert Operator.objects.get(pk=vik.pk).role == Role.VIEWER
    assert "Accounts" not in text(tree(console.get("/settings/phone/")))


def test_giving_rights_asks_for_a_fresh_code(root: Operator, vik: Operator) -> None:
    client = Client()
    client.force_login(root)
    for act in FRESH:
        page = client.get(f"/settings/accounts/{vik.pk}/{act}/")
        assert "Confirm that it is you" in text(tree(page)), act
    assert "Confirm that it is you" in text(tree(client.get("/settings/accounts/invite/")))
    assert "Confirm that it is you" in text(tree(client.get(f"/products/access/{vik.pk}/")))


def test_an_account_that_is_gone_is_not_found(admin: Client) -> None:
    for act in ("", *(f"{act}/" for act in ACTS)):
        assert admin.get(f"/settings/accounts/9999/{act}").status_code == 404
