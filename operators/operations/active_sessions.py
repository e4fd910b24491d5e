"""The sessions of an account: noted at sign-in, shown to its owner, ended one by one or all.

`session_key` is what the tables hold under that name: a digest (`operators.session_store`).
"""

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.errors import NotFoundError
from operators.actor import Actor
from operators.models import Operator, SignedIn
from operators.operations import audit


def note(operator: Operator, session_key: str, user_agent: str, address: str | None) -> None:
    """A session has begun. Rows of sessions that are over go on this occasion."""
    mine = SignedIn.objects.filter(operator=operator)
    mine.exclude(session_key__in=_alive()).exclude(session_key=session_key).delete()
    what = {"operator": operator, "user_agent": user_agent[:300], "address": address}
    now = timezone.now()
    SignedIn.objects.update_or_create(
        session_key=session_key, defaults={**what, "at": now, "seen_at": now}
    )


def seen(session_key: str, address: str | None) -> None:
    SignedIn.objects.filter(session_key=session_key).update(seen_at=timezone.now(), address=address)


def moved(old_key: str, new_key: str) -> None:
    """The session goes on under another key, as after a change of password."""
    SignedIn.objects.filter(session_key=old_key).update(session_key=new_key)


def live(operator: Operator) -> QuerySet[SignedIn]:
    """The sessions that are not over, the one seen last first."""
    mine = SignedIn.objects.filter(operator=operator, session_key__in=_alive())
    return mine.order_by("-seen_at", "-pk")


def _alive() -> QuerySet[Session, str]:
    unexpired = Session.objects.filter(expire_date__gt=timezone.now())
    return unexpired.values_list("session_key", flat=True)


def end_one(actor: Actor, operator: Operator, key: int) -> None:
    """Sign out the session with this number, if it is the account's."""
    with transaction.atomic():
        row = SignedIn.objects.filter(operator=operator, pk=key).first()
        if row is None:
            raise NotFoundError(_("This session has already ended."))
        Session.objects.filter(session_key=row.session_key).delete()
        row.delete()
        summary = gettext_noop("Ended one session, signed in from %(address)s")
        audit.record(actor, "session.end", operator.target, summary, address=row.address or "?")


def end_others(actor: Actor, operator: Operator, session_key: str) -> None:
    """Sign out every session but this one; the caller has to renew this one's authentication."""
    with transaction.atomic():
        end_all(operator, keep=session_key)
        summary = gettext_noop("Signed out all other sessions")
        audit.record(actor, "session.end_others", operator.target, summary)


def end_all(operator: Operator, *, keep: str = "") -> None:
    """By their rows, and by the epoch for those that have none."""
    Operator.objects.filter(pk=operator.pk).update(session_epoch=F("session_epoch") + 1)
    operator.refresh_from_db(fields=["session_epoch"])
    ended = SignedIn.objects.filter(operator=operator).exclude(session_key=keep)
    Session.objects.filter(session_key__in=ended.values("session_key")).delete()
    ended.delete()
