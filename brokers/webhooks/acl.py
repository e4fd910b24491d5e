"""Rules for a device at a broker that follow from its name alone, without the database.

The broker has had the credential proven when the device connected, and says under which username.
"""

from dataclasses import dataclass

from protocol.topics import TopicAcl
from protocol.validators import is_device_name, is_product_key

TOPIC_EXCHANGE = "amq.topic"
# What RabbitMQ keeps for a client that subscribes: one queue for each QoS.
_QUEUE = "mqtt-subscription-"
_QUEUE_ENDS = ("qos0", "qos1")

# A topic as RabbitMQ writes it, in AMQP's signs.
_AS_TOPIC = str.maketrans({".": "/", "*": "+"})


@dataclass(frozen=True, slots=True)
class Name:
    """Name of a device, from the username of its connection."""

    product_key: str
    device_name: str

    @classmethod
    def of(cls, username: str) -> "Name | None":
        """None for the username of no device."""
        device_name, _, product_key = username.partition("&")
        if is_device_name(device_name) and is_product_key(product_key):
            return cls(product_key, device_name)
        return None

    def may_publish(self, topic: str) -> bool:
        return TopicAcl.may_publish(topic, self.product_key, self.device_name)

    def may_subscribe(self, topic_filter: str) -> bool:
        return TopicAcl.may_subscribe(topic_filter, self.product_key, self.device_name)


def topic_of(routing_key: str) -> str | None:
    """The MQTT topic or filter of a routing key (engines.md 3.1); None for one of no topic.

    RabbitMQ writes `/` as `.` and `+` as `*`, so these two are in no routing key of MQTT. It cannot
    tell a `/` of the topic from a `.` in it, so DeviceNames hold none there
    (products.broker_topics). A literal `*` becomes a wildcard here as it is one there.
    """
    if "/" in routing_key or "+" in routing_key:
        return None
    return routing_key.translate(_AS_TOPIC)


def may_use_queue(name: str, client_id: str | None) -> bool:
    """Its own queues only, where the broker says whose the question is.

    Releases that do not say it let MQTT clients reach no other queue than their own, and over AMQP
    no device is let in.
    """
    if client_id is not None:
        return name in {f"{_QUEUE}{client_id}{end}" for end in _QUEUE_ENDS}
    return name.startswith(_QUEUE) and name.endswith(_QUEUE_ENDS)
