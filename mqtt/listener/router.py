"""The one place through which messages from and to devices pass.

A device uses topics of its own name only, so the name finds the receiver and a dictionary is
enough. A broker behind this server would be attached here.
"""

from mqtt.listener.session import Session
from mqtt.listener.sessions import Sessions


class Router:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def uplink(self, sender: Session, topic: str, payload: bytes, qos: int) -> None:
        """A message that `sender` was allowed to publish: to those who subscribed to its topic."""
        self.downlink(*sender.identity.name, topic, payload, qos)

    def downlink(
        self, product_key: str, device_name: str, topic: str, payload: bytes, qos: int = 0
    ) -> bool:
        """A message to one device; False when it is not online here, not subscribed, or slow."""
        online = self._sessions.named(product_key, device_name)
        return online is not None and online.session.deliver(topic, payload, qos)
