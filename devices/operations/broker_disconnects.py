"""Sessions that brokers hold, which no listener of ours can close.

They end here, in the transaction of the change that forbids them, and are noted down for a worker
to close where they live (brokers.disconnect_round).
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db.models import QuerySet

from devices.models import BrokerClosing, Session
from devices.operations.sessions import LIVE, end_of, event_of_end
from devices.pseudo_listeners import BROKER_OF, LISTENER_OF
from logs.operations import log_writer
from logs.reasons import Reason

# A connection may be let in just before it is forbidden and be open only just after it is closed,
# and RabbitMQ tells whose a new connection is some seconds late: so everything is done again.
AGAIN = timedelta(seconds=10)
# What no worker has done by then, for want of settings or of a broker, is forgotten.
KEPT = timedelta(days=1)


def end_at_brokers(
    device_ids: Collection[int], reason: str, now: datetime, *, keep_client_id: str = ""
) -> None:
    """End the devices' sessions at brokers. Call it while the devices still exist."""
    live = _at_brokers(device_ids)
    if keep_client_id:
        live = live.exclude(client_id=keep_client_id)
    if sessions := list(live):
        _end(sessions, reason, now)


def _end(sessions: Sequence[Session], reason: str, now: datetime) -> None:
    Session.objects.filter(pk__in=[session.pk for session in sessions]).update(ended_at=now)
    log_writer.write([event_of_end(end_of(session, Reason(reason))) for session in sessions], now)
    BrokerClosing.objects.bulk_create(
        BrokerClosing(
            device_id=session.device_id,
            broker=BROKER_OF[session.listener],
            username=f"{session.device.device_name}&{session.device.product.product_key}",
            reason=reason,
            created_at=now,
            due_at=now,
        )
        for session in sessions
    )


def _at_brokers(device_ids: Collection[int]) -> QuerySet[Session]:
    brokers = LISTENER_OF.values()
    live = Session.objects.filter(LIVE, device__in=device_ids, listener__in=brokers)
    return live.select_related("device__product").only(
        *("listener", "trace_id", "client_id", "address", "connection"),
        *("device__device_name", "device__iot_id", "device__product__product_key"),
    )


def connection_to_keep(broker: str, device_id: int) -> str:
    """Return the id of the device's live connection at the broker; empty without one."""
    live = Session.objects.filter(LIVE, device=device_id, listener=LISTENER_OF[broker])
    return live.values_list("connection", flat=True).first() or ""


def closings_due(brokers: Collection[str], now: datetime) -> QuerySet[BrokerClosing]:
    """The longest due first."""
    due = BrokerClosing.objects.filter(broker__in=brokers, due_at__lte=now)
    return due.order_by("due_at", "pk")


def note_closed(closing: BrokerClosing, now: datetime) -> None:
    """It is done once more, AGAIN after it was written, and then forgotten."""
    again = closing.created_at + AGAIN
    if now < again:
        BrokerClosing.objects.filter(pk=closing.pk).update(due_at=again)
    else:
        BrokerClosing.objects.filter(pk=closing.pk).delete()


def prune_closings(now: datetime) -> int:
    return BrokerClosing.objects.filter(created_at__lt=now - KEPT).delete()[0]
