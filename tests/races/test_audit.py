"""Acts at the same moment append to one chain, without a gap or a fork."""

import pytest

from operators.actor import SHELL
from operators.audit_verify import verify
from operators.models import AuditEntry, AuditHead
from operators.operations import audit
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
THREADS, EACH = 8, 5


def test_acts_at_once_make_one_chain() -> None:
    AuditHead.objects.all().delete()  # also the first of all appends is raced

    def append() -> None:
        for n in range(EACH):
            audit.record(SHELL, "x", "y", "%(n)s", n=n)
            audit.record_many(SHELL, [audit.Act("x", "y", "z"), audit.Act("x", "y", "z")])

    at_once(*[append] * THREADS)
    verdict = verify()
    assert verdict.broken is None
    assert verdict.count == AuditEntry.objects.count() == THREADS * EACH * 3
    in_order = AuditEntry.objects.order_by("pk").values_list("number", flat=True)
    assert list(in_order) == list(range(1, verdict.count + 1))
