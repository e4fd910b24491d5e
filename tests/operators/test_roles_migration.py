"""After the update somebody minds the accounts."""

from collections.abc import Callable
from importlib import import_module

import pytest
from django.apps import apps

from operators.models import Operator, Role
from tests.operators.people import person

pytestmark = pytest.mark.django_db
name_an_admin: Callable[[object, object], None] = import_module(
    "operators.migrations.0007_first_admin"
).name_an_admin


def admins() -> list[str]:
    name_an_admin(apps, None)
    return [each.username for each in Operator.objects.filter(role=Role.ADMIN)]


def test_the_operator_of_the_first_run_becomes_the_administrator() -> None:
    person("old")
    person("admin")
    assert admins() == ["admin"]


def test_else_the_oldest_active_operator_does() -> None:
    person("vik", role=Role.VIEWER)
    left = person("left")
    Operator.objects.filter(pk=left.pk).update(is_active=False)
    person("chen")
    person("mei")
    assert admins() == ["chen"]


def test_an_administrator_there_is_stays_the_only_one() -> None:
    person("chen")
    person("root", role=Role.ADMIN)
    assert admins() == ["root"]


def test_without_accounts_nothing_happens() -> None:
    assert admins() == []
