"""The audit trail is a chain: what is changed, removed, inserted or cut off is found."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext_lazy
from pytest_django import DjangoAssertNumQueries

from operators.actor import SHELL, Actor
from operators.audit_chain import START
from operators.audit_verify import Break, Verdict, verify
from operators.models import AuditEntry, AuditHead, Operator
from operators.operations import audit
from tests.operators.people import actor

pytestmark = pytest.mark.django_db
COUNT = 6


@pytest.fixture
def trail(chen: Operator) -> list[AuditEntry]:
    """Six entries, written one by one and together."""
    first = [
        audit.record(actor(chen), "product.create", "product/a1", "Created %(name)s", name="Lamp"),
        audit.record(SHELL, "product.reveal", "product/a1", "Looked"),
    ]
    acts = [audit.Act("device.add", f"device/a1/{n}", "Added %(n)s", {"n": n}) for n in range(4)]
    return first + audit.record_many(actor(chen), acts)


def sql(statement: str, *values: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def broken() -> tuple[str, int]:
    found = verify().broken
    assert isinstance(found, Break)
    return found.kind, found.number


def rehashed(number: int) -> None:
    """Recompute an entry's hash, as someone could who knows how it is made."""
    entry = AuditEntry.objects.get(number=number)
    before = AuditEntry.objects.filter(number=number - 1).first()
    entry.hash = entry.content.hash_after(before.hash if before else START)
    entry.save()


def test_a_trail_nobody_touched_holds(trail: list[AuditEntry]) -> None:
    verdict = verify()
    assert verdict == Verdict(COUNT, trail[-1].hash, None)
    assert [entry.number for entry in trail] == [1, 2, 3, 4, 5, 6]


def test_an_empty_trail_holds(db: None) -> None:
    assert verify() == Verdict(0, START, None)


@pytest.mark.parametrize("number", [1, 3, 6])
@pytest.mark.parametrize(
    "change",
    [
        "summary = 'Created nothing'",
        "facts = '{}'",
        "operator_id = NULL",
        "origin = 'api'",
        "address = '192.0.2.200'",
        "act = 'product.delete'",
        "target = 'product/b2'",
        "at = '2020-01-01 00:00:00+00'",
    ],
)
def test_a_changed_entry_is_named(trail: list[AuditEntry], number: int, change: str) -> None:
    sql(f"UPDATE operators_auditentry SET {change} WHERE number = %s", number)  # noqa: S608
    assert broken() == ("changed", number)


def test_an_entry_changed_with_its_hash_breaks_the_next(trail: list[AuditEntry]) -> None:
    sql("UPDATE operators_auditentry SET summary = 'x' WHERE number = 3")
    rehashed(3)
    assert broken() == ("changed", 4)


def test_the_last_entry_changed_with_its_hash_is_named(trail: list[AuditEntry]) -> None:
    sql("UPDATE operators_auditentry SET summary = 'x' WHERE number = 6")
    rehashed(6)
    assert broken() == ("changed", 6)


@pytest.mark.parametrize("number", [1, 3])
def test_a_removed_entry_is_named(trail: list[AuditEntry], number: int) -> None:
    sql("DELETE FROM operators_auditentry WHERE number = %s", number)
    assert broken() == ("removed", number)


def test_an_entry_removed_with_the_gap_closed_breaks_there(trail: list[AuditEntry]) -> None:
    sql("DELETE FROM operators_auditentry WHERE number = 3")
    for number in (4, 5, 6):
        sql("UPDATE operators_auditentry SET number = %s WHERE number = %s", number - 1, number)
    assert broken() == ("changed", 3)


def test_an_inserted_entry_is_named(trail: list[AuditEntry]) -> None:
    for number in (6, 5, 4, 3):
        sql("UPDATE operators_auditentry SET number = %s WHERE number = %s", number + 1, number)
    forged = AuditEntry.objects.get(number=2)
    forged.pk, forged.number = None, 3
    forged.save(force_insert=True)
    assert broken() == ("inserted", 3)


def test_an_entry_added_past_the_end_is_named(trail: list[AuditEntry]) -> None:
    forged = AuditEntry.objects.get(number=6)
    forged.pk, forged.number = None, 7
    forged.hash = forged.content.hash_after(trail[-1].hash)
    forged.save(force_insert=True)
    assert broken() == ("inserted", 7)


def test_a_cut_off_end_is_seen(trail: list[AuditEntry]) -> None:
    sql("DELETE FROM operators_auditentry WHERE number >= 5")
    assert broken() == ("cut", 5)
    sql("DELETE FROM operators_auditentry")
    assert broken() == ("cut", 1)


def test_a_lost_head_is_seen_and_stops_no_act(trail: list[AuditEntry]) -> None:
    sql("DELETE FROM operators_audithead")
    assert broken() == ("head", COUNT)
    assert audit.record(SHELL, "x", "y", "z").number == COUNT + 1
    assert verify().broken is None


def test_a_whole_trail_made_anew_lacks_the_hash_one_has_kept(trail: list[AuditEntry]) -> None:
    kept = verify().hash
    audit.record(SHELL, "x", "y", "z")
    assert verify(kept).broken is None
    sql("UPDATE operators_auditentry SET summary = 'x' WHERE number = 2")
    for number in range(2, COUNT + 2):
        rehashed(number)
    end = AuditEntry.objects.get(number=COUNT + 1).hash
    AuditHead.objects.update(hash=end)
    assert verify().broken is None
    found = verify(kept).broken
    assert found
    assert found.kind == "checkpoint"


def test_many_entries_cost_one_insert(
    chen: Operator, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    audit.record(SHELL, "x", "y", "z")
    acts = [audit.Act("device.disable", f"device/a1/{n}", "Disabled") for n in range(50)]
    with transaction.atomic(), django_assert_num_queries(3):  # the head, the entries, the head
        audit.record_many(actor(chen), acts)
    assert verify().count == 51


def test_no_entry_at_all_costs_nothing_and_breaks_nothing(db: None) -> None:
    assert audit.record_many(SHELL, []) == []
    assert verify() == Verdict(0, START, None)


def test_an_act_that_is_rolled_back_leaves_no_gap(trail: list[AuditEntry]) -> None:
    with transaction.atomic():
        audit.record(SHELL, "x", "y", "z")
        transaction.set_rollback(True)
    audit.record(SHELL, "x", "y", "z")
    assert verify().count == COUNT + 1
    assert verify().broken is None


@pytest.mark.parametrize("address", ["2001:DB8:0:0::1", "::ffff:192.0.2.1", "unknown", "", None])
def test_addresses_read_back_as_they_were_hashed(chen: Operator, address: str | None) -> None:
    audit.record(Actor("console", chen, address), "x", "y", "z")
    assert verify().broken is None


def test_facts_read_back_as_they_were_hashed(db: None) -> None:
    purpose = {"words": "turn on %(b)s", "b": "灯 % \\ \" 'x'"}
    entry = audit.record(
        SHELL, "x", "y", "%(n)s %(z)s %(p)s", n=3, z=True, a=None, p=purpose, at=START, f=1.5
    )
    again = AuditEntry.objects.get(pk=entry.pk)
    assert verify().broken is None
    assert again.text == "3 True turn on 灯 % \\ \" 'x'"


def test_a_fact_in_the_language_of_the_moment_is_refused(db: None) -> None:
    with pytest.raises(TypeError, match="English"):
        audit.record(SHELL, "x", "y", "%(role)s", role=gettext_lazy("Viewer"))


def test_it_is_told_in_the_readers_language_and_kept_in_english(db: None) -> None:
    entry = audit.record(SHELL, "x", "y", "Saturday, %(day)s", day={"words": "Monday"})
    with translation.override("de"):
        assert entry.text == "Saturday, Montag"
    assert entry.facts == {"day": {"words": "Monday"}}


def run(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("verify_audit", *arguments, stdout=out)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


def test_the_command_says_how_many_hold(trail: list[AuditEntry]) -> None:
    code, said = run()
    assert code == 0
    assert said.startswith("6 audit entries hold.")
    assert trail[-1].hash in said
    assert run("--expect", trail[2].hash)[0] == 0


def test_the_command_names_the_entry_and_fails(trail: list[AuditEntry]) -> None:
    sql("DELETE FROM operators_auditentry WHERE number = 4")
    code, said = run()
    assert code == 1
    assert "3 audit entries hold. Then the trail is broken: Entry 4 was removed." in said
    code, said = run("--json")
    assert code == 1
    assert json.loads(said)["broken"] == {
        "kind": "removed",
        "number": 4,
        "words": "Entry 4 was removed.",
    }
    assert run("--expect", trail[5].hash)[0] == 1
