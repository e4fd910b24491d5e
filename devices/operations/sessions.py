"""Ends of sessions, and the listeners they live on."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import DateTimeField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.db.models.lookups import IsNull

from common.sql.compiled_queries import Each, Param, Prepared, PreparedUpdate, Unindexed
from devices.models import ClientBinding, ListenerProcess, Revocation, Session
from devices.pseudo_listeners import BROKER_OF
from logs.models import ServiceType
from logs.operations import log_writer
from logs.reasons import Reason
from logs.trace_ids import trace_of

# Of devices that are named. A planner that takes nobody to be online shall not look through all.
LIVE = IsNull(Unindexed("ended_at"), True)


def live_sessions_of(param: str) -> QuerySet[Session]:
    """Live sessions of the devices whose ids come under this name, at most one each."""
    return Session.objects.filter(LIVE, pk__among=Each(("device",), param))


_END = PreparedUpdate(
    lambda: live_sessions_of("devices").filter(
        listener__among=Param("listeners"), trace_id__among=Param("trace_ids")
    ),
    ended_at=Param("now", DateTimeField()),
)
_LAST_REVOCATION = Prepared(
    int,
    # Without a word about the key SQLite would sort the whole of a narrower index.
    lambda: Revocation.objects.filter(pk__gt=0).order_by("-pk").values_list("pk")[:1],
)

# Sessions of a lost listener are ended this many at a time, so that no transaction gets long.
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """`reason` is a key of logs.reasons.REASONS, `story` the credential's trace id."""

    trace_id: str
    device_id: int
    listener: UUID
    reason: Reason
    product_key: str
    device_name: str
    client_id: str = ""
    address: str | None = None
    story: str = ""


def end_sessions(ends: Sequence[SessionEnd], now: datetime) -> None:
    """Record that these sessions are over. Runs inside the caller's transaction."""
    _END(
        devices=[end.device_id for end in ends],
        listeners={end.listener for end in ends},
        trace_ids=[end.trace_id for end in ends],
        now=now,
    )
    log_writer.write(map(event_of_end, ends), now)


def event_of_end(end: SessionEnd) -> log_writer.Event:
    return log_writer.Event(
        service_type=ServiceType.DEVICE,
        operation="offline",
        reason=end.reason,
        trace_id=end.story,
        connection_id=end.trace_id,
        product_key=end.product_key,
        device_name=end.device_name,
        client_id=end.client_id,
        address=end.address,
    )


def start_listener(listener: UUID, host: str, pid: int, now: datetime) -> None:
    """Announce a listener. It must call `heartbeat` from then on."""
    ListenerProcess.objects.create(
        id=listener, host=host, pid=pid, started_at=now, heartbeat_at=Now()
    )


def heartbeat(listener: UUID) -> bool:
    """Say that the listener lives, by the database's clock, which is the same for all. False when
    others gave it up meanwhile."""
    return ListenerProcess.objects.filter(pk=listener).update(heartbeat_at=Now()) == 1


def heartbeats() -> dict[UUID, datetime]:
    """The last of each listener."""
    return dict(ListenerProcess.objects.values_list("pk", "heartbeat_at"))


def lost_listeners() -> list[UUID]:
    """Listeners with live sessions that nobody has announced, brokers aside.

    One that is killed may leave a transaction to the database that is committed after everything
    else was cleared away.
    """
    live = Session.objects.filter(ended_at__isnull=True)
    # One step of the index for each listener, however many sessions they have.
    first = live.order_by("listener", "trace_id").values_list("listener", flat=True)
    found: list[UUID] = []
    while one := first.filter(listener__gt=found[-1]).first() if found else first.first():
        found.append(one)
    # Read afterwards: whoever had a session then had been announced.
    known = {*ListenerProcess.objects.values_list("pk", flat=True), *BROKER_OF}
    return [listener for listener in found if listener not in known]


def bury_listener(listener: UUID, now: datetime, *, reason: Reason = Reason.SERVER_LOST) -> int:
    """End every session of a listener that is gone, and forget it. Returns how many ended.

    Safe to repeat and to run from several listeners at once.
    """
    ended = 0
    while chunk := _end_chunk(listener, now, reason):
        ended += chunk
    ListenerProcess.objects.filter(pk=listener).delete()
    return ended


def end_lost_sessions(listener: UUID, trace_ids: Collection[str], now: datetime) -> int:
    """End sessions that the database holds live and the listener does not know (any more)."""
    return _end_chunk(listener, now, Reason.CONNECTION_LOST, trace_ids)


def end_of(session: Session, reason: Reason) -> SessionEnd:
    return SessionEnd(
        trace_id=session.trace_id,
        device_id=session.device_id,
        story=trace_of(session.client_id or session.device.iot_id),
        listener=session.listener,
        reason=reason,
        product_key=session.device.product.product_key,
        device_name=session.device.device_name,
        client_id=session.client_id,
        address=session.address,
    )


def _end_chunk(
    listener: UUID, now: datetime, reason: Reason, trace_ids: Collection[str] | None = None
) -> int:
    named = Q() if trace_ids is None else Q(trace_id__in=list(trace_ids)[:_CHUNK])
    with transaction.atomic():
        live = (
            Session.objects.select_for_update(of=("self",), skip_locked=False)
            .filter(named, listener=listener, ended_at__isnull=True)
            .select_related("device__product")
            .only(
                "listener",
                "trace_id",
                "client_id",
                "address",
                "device__device_name",
                "device__iot_id",
                "device__product__product_key",
            )
            .order_by("pk")[:_CHUNK]
        )
        ends = [end_of(session, reason) for session in live]
        if ends:
            end_sessions(ends, now)
    return len(ends)


def allowed_sessions(listener: UUID) -> set[str]:
    """Trace ids of the listener's sessions that the database still holds live and permitted.

    The slow sweep closes whatever a listener holds beyond these.
    """
    voided = ClientBinding.objects.filter(
        device=OuterRef("device"), client_id=OuterRef("client_id"), voided_at__isnull=False
    )
    return set(
        Session.objects.filter(listener=listener, ended_at__isnull=True, device__enabled=True)
        .exclude(Q(client_id="", device__secret_blocked=True) | Exists(voided))
        .values_list("trace_id", flat=True)
    )


def revocations_after(
    floor: int, late: Collection[int] = (), *, most: int = 1000
) -> list[Revocation]:
    """Up to `most` revocations, oldest first: those above `floor`, and those named in `late`.

    Ids may commit out of order, so a reader asks for the ids it skipped a while longer.
    """
    wanted = Q(pk__gt=floor)
    if late:
        wanted |= Q(pk__in=late)
    return list(Revocation.objects.filter(wanted).order_by("pk")[:most])


def last_revocation_id() -> int:
    """Where a listener that starts now begins to read."""
    return next(iter(_LAST_REVOCATION()), 0)


def prune_revocations(up_to: int) -> int:
    """Delete revocations up to this id; every listener has read them long since.

    By id and not by age: what one host takes for old, another may just have written.
    """
    return Revocation.objects.filter(pk__lte=up_to).delete()[0]
