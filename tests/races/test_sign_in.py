"""Right passwords at the same time as each other, and as wrong ones from the same address."""

from functools import partial

import pytest
from django.test import Client

from operators.models import Operator, Role
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "correct horse battery"


def sign_in(username: str, password: str) -> int:
    return Client().post("/sign-in/", {"username": username, "password": password}).status_code


@pytest.fixture
def chen() -> Operator:
    return Operator.objects.create_user("chen", password=PASSWORD, role=Role.OPERATOR)


def test_right_passwords_at_once_are_all_accepted(chen: Operator) -> None:
    assert at_once(*[partial(sign_in, "chen", PASSWORD)] * 24) == [302] * 24


def test_right_passwords_are_accepted_beside_wrong_ones_from_the_same_address(
    chen: Operator,
) -> None:
    wrong = [partial(sign_in, f"name-{number}", "wrong") for number in range(20)]
    right = [partial(sign_in, "chen", PASSWORD)] * 12
    outcomes = at_once(*wrong, *right)
    assert outcomes == [422] * 20 + [302] * 12
    assert sign_in("chen", PASSWORD) == 302
