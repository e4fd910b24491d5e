"""Two administrators who demote each other at the same moment: one of them stays."""

from collections.abc import Callable
from functools import partial

import pytest

from common.errors import ConflictError
from operators.audit_verify import verify
from operators.models import Operator, Role
from operators.operations import account_admin, invitations
from tests.operators.people import actor, person
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def tried(change: Callable[[], Operator]) -> bool:
    try:
        change()
    except ConflictError:
        return False
    return True


@pytest.mark.parametrize("count", [2, 5])
def test_somebody_stays(count: int) -> None:
    admins = [person(f"admin{n}", role=Role.ADMIN) for n in range(count)]
    changes = [
        partial(account_admin.set_role, actor(admins[n]), admins[(n + 1) % count].pk, Role.OPERATOR)
        if n % 2
        else partial(account_admin.deactivate, actor(admins[n]), admins[(n + 1) % count].pk)
        for n in range(count)
    ]
    done = at_once(*(partial(tried, change) for change in changes))
    left = Operator.objects.filter(role=Role.ADMIN, is_active=True).count()
    assert left == count - sum(done)
    assert left >= 1
    assert verify().broken is None


def test_an_invitation_is_accepted_once() -> None:
    root = person("root", role=Role.ADMIN)
    account, code = invitations.invite(actor(root), "lin", Role.VIEWER)

    def accept(n: int) -> bool:
        try:
            invitations.accept(code, f"name {n}", f"password number {n}", None)
        except Exception:
            return False
        return True

    done = at_once(*(partial(accept, n) for n in range(4)))
    assert sum(done) == 1
    account.refresh_from_db()
    assert account.check_password(f"password number {done.index(True)}")
