"""Access keys in the settings: the secret is shown once, in the answer to the POST that made it."""

import logging

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.test import Client

from operators.actor import SHELL
from operators.models import AccessKey, AccessKeyScope, AuditEntry, Operator, Role
from operators.operations.access_keys import create_access_key
from tests.console.dom import attribute, by_id, text, tree, walk
from tests.console.fixtures import confirmed, htmx
from tests.operators.people import actor, person

pytestmark = pytest.mark.django_db
LIST = "/settings/access-keys/"
NEW = {"name": "line", "scope": "devices"}
READ = AccessKeyScope.READ_ONLY
ACTS = ("change", "enable", "disable", "delete")


@pytest.fixture
def own(chen: Operator) -> AccessKey:
    return create_access_key(actor(chen), "own", READ)


@pytest.fixture
def of_mei(mei: Operator) -> AccessKey:
    return create_access_key(actor(mei), "mei's", READ)


def browser(operator: Operator) -> Client:
    client = Client()
    client.force_login(operator)
    return confirmed(client, operator)


@pytest.mark.parametrize("headers", [{}, htmx("dialog-body")], ids=["page", "htmx"])
def test_the_secret_is_shown_once(
    console: Client, headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = console.post(f"{LIST}new/", NEW, headers=headers)
    key = AccessKey.objects.get()
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    page = tree(answer)
    copied = [attribute(e, "data-copy") for e in walk(page) if attribute(e, "data-copy")]
    assert copied == [key.access_key_id, key.secret, "localhost:8000"]
    for url in (LIST, "/audit/", "/"):
        assert key.secret not in console.get(url).content.decode(), url
    models = set(apps.get_app_config("operators").get_models()) - {AccessKey}
    rows = str([list(model._default_manager.values()) for model in models])
    sessions = str([session.get_decoded() for session in Session.objects.all()])
    headers_sent = str([*answer.headers.items(), *answer.cookies.values()])
    assert key.secret not in f"{caplog.text} {rows} {key!r} {sessions} {headers_sent}"


def test_the_key_is_of_whoever_made_it(console: Client, chen: Operator) -> None:
    console.post(f"{LIST}new/", NEW)
    key = AccessKey.objects.get()
    assert (key.name, key.scope, key.operator) == ("line", AccessKeyScope.DEVICES, chen)
    entry = AuditEntry.objects.get(act="access_key.create")
    assert (entry.origin, entry.operator, entry.target) == ("console", chen, key.target)


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({**NEW, "name": "own"}, "name"),
        ({**NEW, "name": ""}, "name"),
        ({**NEW, "name": "x" * 65}, "name"),
        ({**NEW, "scope": "root"}, "scope"),
    ],
)
@pytest.mark.usefixtures("own")
def test_what_is_wrong_stands_beside_its_field(
    console: Client, form: dict[str, str], field: str
) -> None:
    answer = console.post(f"{LIST}new/", form, headers=htmx("dialog-body"))
    assert answer.status_code == 422
    page = tree(answer)
    assert text(by_id(page, f"id_{field}_error"))
    if len(form["name"]) < 65:
        assert attribute(by_id(page, "id_name"), "value") == (form["name"] or None)
    assert AccessKey.objects.count() == 1


def test_without_a_fresh_code_the_dialog_of_codes_comes_first(
    unconfirmed: Client, own: AccessKey
) -> None:
    for act in ("new", *(f"{own.access_key_id}/{each}" for each in ("change", "enable", "delete"))):
        answer = unconfirmed.post(f"{LIST}{act}/", {**NEW, "typed": "own"})
        assert answer.status_code == 422, act
        assert b'name="confirming"' in answer.content, act
    own.refresh_from_db()
    assert AccessKey.objects.count() == 1
    assert (own.name, own.scope) == ("own", READ)


def test_what_was_typed_before_the_code_is_kept(unconfirmed: Client, chen: Operator) -> None:
    asked = unconfirmed.post(f"{LIST}new/", NEW, headers=htmx("dialog-body"))
    assert b"name=line&amp;scope=devices" in asked.content


def test_disabling_is_done_without_a_code(unconfirmed: Client, own: AccessKey) -> None:
    answer = unconfirmed.post(f"{LIST}{own.access_key_id}/disable/")
    assert answer.status_code == 302
    own.refresh_from_db()
    assert not own.enabled


def test_it_is_enabled_changed_and_deleted(console: Client, own: AccessKey) -> None:
    AccessKey.objects.update(enabled=False)
    here = f"{LIST}{own.access_key_id}/"
    assert console.post(f"{here}enable/").status_code == 302
    assert console.post(f"{here}change/", {"name": "new", "scope": "everything"}).status_code == 302
    own.refresh_from_db()
    assert (own.enabled, own.name, own.scope) == (True, "new", AccessKeyScope.EVERYTHING)
    assert console.post(f"{here}delete/", {"typed": "own"}).status_code == 422
    assert console.post(f"{here}delete/", {"typed": "new"}).status_code == 302
    assert not AccessKey.objects.exists()
    assert console.get(f"{here}delete/").status_code == 404


def test_what_is_so_already_is_said(console: Client, own: AccessKey) -> None:
    answer = console.post(f"{LIST}{own.access_key_id}/enable/", headers=htmx("dialog-body"))
    assert answer.status_code == 422
    assert b"already enabled" in answer.content


def names(client: Client) -> set[str]:
    return {key.name for key in client.get(LIST).context["page"].rows}


@pytest.mark.usefixtures("own", "of_mei")
def test_operators_see_their_own_keys_and_administrators_all(
    console: Client, mei: Operator
) -> None:
    create_access_key(SHELL, "shell's", READ)
    assert names(console) == {"own"}
    assert names(browser(mei)) == {"mei's"}
    assert names(browser(person("root", Role.ADMIN))) == {"own", "mei's", "shell's"}


@pytest.mark.parametrize("act", ACTS)
def test_keys_of_others_are_not_there(console: Client, of_mei: AccessKey, act: str) -> None:
    here = f"{LIST}{of_mei.access_key_id}/{act}/"
    form = {**NEW, "typed": of_mei.name}
    assert console.get(here).status_code == console.post(here, form).status_code == 404
    of_mei.refresh_from_db()
    assert (of_mei.name, of_mei.enabled) == ("mei's", True)


def test_an_administrator_minds_the_keys_of_others(of_mei: AccessKey) -> None:
    root = browser(person("root", Role.ADMIN))
    assert root.post(f"{LIST}{of_mei.access_key_id}/disable/").status_code == 302
    assert root.post(f"{LIST}{of_mei.access_key_id}/delete/", {"typed": "mei's"}).status_code == 302
    assert not AccessKey.objects.exists()


def test_a_viewer_makes_none_and_is_told_so(vik: Operator) -> None:
    client = browser(vik)
    assert "A viewer cannot have access keys" in client.get(LIST).content.decode()
    assert client.get(f"{LIST}new/").status_code == client.post(f"{LIST}new/").status_code == 403
    assert LIST not in client.get("/settings/phone/").content.decode()
    assert not AccessKey.objects.exists()


def test_a_key_says_when_its_operator_holds_it_back(own: AccessKey, chen: Operator) -> None:
    AccessKey.objects.update(scope=AccessKeyScope.EVERYTHING)
    root = browser(person("root", Role.ADMIN))
    Operator.objects.filter(pk=chen.pk).update(role=Role.VIEWER)
    assert "queries only: the operator is a viewer" in text(tree(root.get(LIST)))
    Operator.objects.filter(pk=chen.pk).update(is_active=False)
    assert "Account deactivated" in text(tree(root.get(LIST)))


def test_without_keys_the_page_says_what_they_are_for(console: Client) -> None:
    page = tree(console.get(LIST))
    assert "calls the API" in text(by_id(page, "main"))
    assert attribute(by_id(page, "create-access-key"), "href") == f"{LIST}new/"
