"""The audit trail's single way in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise

from common.text.addresses import known_address
from operators.actor import Actor
from operators.models import AuditEntry, AuditHead


@dataclass(frozen=True, slots=True)
class Act:
    """An act on `target`: an English message (gettext_noop), and the facts it names.

    A fact is text, a number, a truth value, or words of its own: `{"words": message, …facts}`.
    """

    act: str
    target: str
    summary: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def record(actor: Actor, act: str, target: str, summary: str, /, **facts: Any) -> AuditEntry:
    """Append one entry. Call it inside the transaction of the change it describes.

    The end of the trail stays locked until that transaction is over, so lock what else it needs
    before: whoever locks in another order could wait for each other.
    """
    return record_many(actor, [Act(act, target, summary, facts)])[0]


def record_many(actor: Actor, acts: Iterable[Act]) -> list[AuditEntry]:
    """Append an entry for each act, in order, with one INSERT for all of them."""
    entries = [_entry(actor, act) for act in acts]
    # Joins the caller's transaction; without one the entries would not be one append.
    with transaction.atomic(savepoint=False):
        head = _locked_head()
        for entry in entries:
            head.count += 1
            entry.number = head.count
            entry.hash = head.hash = entry.content.hash_after(head.hash)
        AuditEntry.objects.bulk_create(entries)
        head.save(update_fields=["count", "hash"])
    return entries


def _locked_head() -> AuditHead:
    heads = AuditHead.objects.select_for_update(of=("self",), no_key=True)
    head = heads.filter(pk=AuditHead.ONLY).first()
    if head is None:
        _restore_head()
        head = heads.get(pk=AuditHead.ONLY)
    return head


def _restore_head() -> None:
    """Somebody has emptied the table: go on after the last entry rather than stop every act."""
    last = AuditEntry.objects.order_by("-number").first()
    end = {"count": last.number, "hash": last.hash} if last else {}
    AuditHead.objects.get_or_create(pk=AuditHead.ONLY, defaults=end)


def _entry(actor: Actor, act: Act) -> AuditEntry:
    return AuditEntry(
        at=timezone.now(),
        operator=actor.operator,
        origin=actor.origin,
        address=known_address(actor.address),
        act=act.act,
        target=act.target,
        summary=act.summary,
        facts={name: _plain(value) for name, value in _facts(actor, act).items()},
    )


def _facts(actor: Actor, act: Act) -> Mapping[str, Any]:
    """Also which access key it was done with: among the facts, so that the hash covers it."""
    return {**act.facts, AuditEntry.KEY_FACT: actor.access_key} if actor.access_key else act.facts


def _plain(value: Any) -> Any:
    """As any database gives it back from JSON: the hash is over the same when it is read again."""
    if isinstance(value, Promise):
        raise TypeError("a fact is kept in English: give {'words': message}")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    return str(value)
