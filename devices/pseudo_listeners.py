"""A broker stands in the sessions as one listener, however many nodes its cluster has.

It sends no heartbeat, so its sessions are not ended for want of one.
"""

from collections.abc import Mapping
from hashlib import sha256
from uuid import NAMESPACE_DNS, UUID, uuid5

from products.broker_topics import BROKERS

LISTENER_OF: Mapping[str, UUID] = {
    broker: uuid5(NAMESPACE_DNS, f"{broker}.broker.invalid") for broker in BROKERS
}
BROKER_OF: Mapping[UUID, str] = {listener: broker for broker, listener in LISTENER_OF.items()}


def connection_of(client_id: str) -> str:
    """Return the id of a connection at a broker: a digest of the MQTT clientId, which is of
    any length and text. A broker itself replaces a connection by one with the same."""
    return sha256(client_id.encode(errors="replace")).hexdigest()
