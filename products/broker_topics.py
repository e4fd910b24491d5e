"""Characters that brokers cannot carry: they make the topics of two devices look alike.

RabbitMQ knows topics as routing keys, in which the levels end at dots: `/pk/a/b/x` of device `a`
and `/pk/a.b/x` of device `a.b` are one. In a username it takes what stands before a colon for the
name of a virtual host. The other brokers carry every DeviceName of protocol.md 5.1.
"""

from collections.abc import Mapping

RABBITMQ = "rabbitmq"
EMQX = "emqx"
NANOMQ = "nanomq"  # and EMQX 4, which asks in the same way
MOSQUITTO = "mosquitto"

BROKERS = (RABBITMQ, EMQX, NANOMQ, MOSQUITTO)

UNFIT: Mapping[str, str] = {RABBITMQ: ".:"}


def unfit_in(carrier: str, device_name: str) -> str:
    """The characters of `device_name` that `carrier` cannot carry, with spaces between."""
    return " ".join(c for c in UNFIT.get(carrier, "") if c in device_name)
