"""A session alone, stolen or left open, lets no device in, cuts none off and shows no secret.

Every URL that takes a POST stands in one of the tables of tests.console.posts. A new one fails the
first test until somebody has decided which.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from devices.bulk_actions import ACTS
from devices.models import ClientBinding, Device
from operators.models import AuditEntry, Operator
from operators.purposes import IDENTITY
from products.models import Product
from tests.console.dom import text, tree
from tests.console.fixtures import confirmed, htmx
from tests.console.posts import (
    HARMLESS,
    OF_ONES_OWN_ACCOUNT,
    OWN_CODE,
    Post,
    confirmed_posts,
    own_code_posts,
)
from tests.console.seed import Fleet
from tests.operators.test_permissions_walk import all_names
from tests.rooms import own_models

ASKS = "Confirm that it is you"
# Written by every request.
VISITS = {"signedin"}
# Where wrong codes are counted.
COUNTED_TRIES = {"SmsDevice", "BackupCodeDevice", "Authenticator"}
VALUES = {"key": 1, "pk": 1, "session": 1, "tab": "topics", "act": "disable"}
HEADERS = {
    "page": {},
    "dialog": htmx("dialog-body"),
    "region": htmx("main"),
    "boosted": {"HX-Request": "true", "HX-Boosted": "true"},
}


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def rows() -> dict[str, list[Any]]:
    """All that an act could change or leave a trace in."""
    return {
        model.__name__: list(model._base_manager.order_by("pk").values())
        for model in own_models()
        if model._meta.model_name not in VISITS
    }


def answer(client: Client, post: Post, headers: dict[str, str]) -> Any:
    """With the whole of what is streamed."""
    response = client.post(post.path, post.form, headers=headers)
    if response.streaming:
        b"".join(response)
    return response


def taking_posts(client: Client, operator: Operator, fleet: Fleet) -> Iterator[str]:
    of_device = {"product_key": fleet.lamp.product_key, "device_name": fleet.cloned.device_name}
    values = {**VALUES, **of_device}
    for name, arguments in all_names():
        url = reverse(name, kwargs={each: values.get(each, "x") for each in arguments})
        with undone():
            client.force_login(operator)
            if client.post(url).status_code != 405:
                yield name


def test_every_url_that_takes_a_post_is_in_one_table(chen: Operator, fleet: Fleet) -> None:
    client = Client(raise_request_exception=False)
    found = set(taking_posts(client, chen, fleet))
    tables: list[set[str]] = [
        {post.view for post in confirmed_posts(fleet)},
        OWN_CODE,
        OF_ONES_OWN_ACCOUNT,
        set(HARMLESS),
    ]
    known = set().union(*tables)
    assert sum(map(len, tables)) == len(known), "one stands in two tables"
    assert found - known == set(), "decide whether it needs a fresh code: tests/console/posts.py"
    assert known - found == set()


def test_every_bulk_act_is_tried(fleet: Fleet) -> None:
    tried = {post.path.partition("?")[0] for post in confirmed_posts(fleet)}
    assert {reverse("devices:bulk", args=[act]) for act in ACTS} <= tried
    undone_by = {reverse("devices:undo_bulk", args=[act]) for act in ACTS if ACTS[act].opposite}
    assert undone_by <= tried


def refused(client: Client, post: Post, headers: dict[str, str]) -> None:
    response = answer(client, post, headers)
    assert response.status_code == 422, post
    assert ASKS in text(tree(response)), post


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
def test_a_session_without_a_code_changes_nothing_and_is_asked(
    unconfirmed: Client, fleet: Fleet, headers: dict[str, str]
) -> None:
    posts = confirmed_posts(fleet)
    before = rows()
    for post in posts:
        refused(unconfirmed, post, headers)
        assert rows() == before, post


def test_a_code_of_six_minutes_ago_is_no_fresh_one(console: Client, fleet: Fleet) -> None:
    posts = confirmed_posts(fleet)
    before = rows()
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        for post in posts:
            refused(console, post, {})
    assert rows() == before


FORGED: dict[str, Callable[[Post], dict[str, str]]] = {
    "no code": lambda post: {**post.form, "confirming": IDENTITY},
    "wrong code": lambda post: {
        **post.form,
        "confirming": IDENTITY,
        "action": "confirm",
        "method": "sms",
        "code": "000000",
    },
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_posing_as_the_answer_to_the_code_changes_no_device_and_no_account(
    unconfirmed: Client, fleet: Fleet, forge: Callable[[Post], dict[str, str]]
) -> None:
    posts = confirmed_posts(fleet)
    before = rows()
    for post in posts:
        answer(unconfirmed, Post(post.view, post.path, forge(post)), {})
    changed = {name for name, values in rows().items() if values != before[name]}
    assert changed <= COUNTED_TRIES


def test_with_a_fresh_code_each_of_these_posts_is_done(chen: Operator, fleet: Fleet) -> None:
    """Otherwise the refusals above would prove nothing."""
    for post in sorted(confirmed_posts(fleet), key=lambda post: post.tells):
        before = rows()
        with nullcontext() if post.tells else undone():
            client = Client()
            client.force_login(chen)
            response = answer(confirmed(client, chen), post, {})
            assert response.status_code in {200, 302}, post
            assert rows() != before, post


@pytest.mark.django_db
def test_what_takes_its_own_code_is_not_done_by_a_fresh_session(
    console: Client, fleet: Fleet
) -> None:
    posts = list(own_code_posts(fleet))
    assert {post.view for post in posts} == OWN_CODE
    before = list(Product.objects.values()), list(Device.objects.values())
    trail = AuditEntry.objects.filter(act__startswith="product.").count()
    for post in posts:
        answer(console, post, {})
    assert (list(Product.objects.values()), list(Device.objects.values())) == before
    assert AuditEntry.objects.filter(act__startswith="product.").count() == trail
    assert ClientBinding.objects.filter(voided_at__isnull=True).exists()
