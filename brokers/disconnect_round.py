"""The worker's round that closes, at brokers, the connections that have been forbidden."""

from datetime import datetime

from brokers.drivers import Closer, configured
from brokers.http import BrokerError
from common.ops.metrics import counter
from devices.operations.broker_disconnects import (
    closings_due,
    connection_to_keep,
    note_closed,
)

_closings = counter(
    "worker_closings",
    "Devices whose connections had to be closed at a broker: closed or failed.",
    *("broker", "result"),
)
# Closed in one turn at one broker; the lease of the round is renewed meanwhile.
_MOST = 200


def anything_to_close(now: datetime) -> bool:
    brokers = configured()
    return bool(brokers) and closings_due(brokers, now).exists()


def close_connections(now: datetime) -> int:
    """Returns how many devices were seen to. Raises BrokerError when a broker fails; what is left
    to do there is done when it answers again, and the others are seen to all the same."""
    done, failure = 0, None
    for broker in configured():
        try:
            done += _close_at(broker, now)
        except BrokerError as error:
            failure = error
    if failure:
        raise failure
    return done


def _close_at(broker: str, now: datetime) -> int:
    due = list(closings_due([broker], now)[:_MOST])
    with Closer(broker) as closer:
        for closing in due:
            # Read as late as can be: the device may be let in again at any moment.
            keep = connection_to_keep(broker, closing.device_id)
            try:
                closer.close(closing.username, keep, closing.reason)
            except BrokerError:
                _closings.labels(broker, "failed").inc()
                raise
            note_closed(closing, now)
            _closings.labels(broker, "closed").inc()
    return len(due)
