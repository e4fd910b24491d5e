"""Drives the unmodified Python Link SDK. Runs in the SDK's own interpreter, not in ours.

One JSON object per line: orders on standard input, what the SDK reports on standard output.

    {"do": "start", "host": …, "port": …, "ca": PEM, and what LinkKit's constructor takes;
     "https_port" where the cloud's host for registration over HTTPS is to be found here}
    {"do": "subscribe", "topic": …}     {"do": "publish", "topic": …, "payload": …, "qos": 0 or 1}
    {"do": "post_property", "params": {…}}     {"do": "disconnect"}
"""

import json
import socket
import ssl
import sys
import threading
import time
from typing import Any

from linkkit import linkkit

_lock = threading.Lock()


def tell(event: str, **facts: Any) -> None:
    with _lock:
        sys.stdout.write(json.dumps({"event": event, **facts}) + "\n")
        sys.stdout.flush()


def serialize_tls() -> None:
    """Let one thread at a time into a TLS connection.

    OpenSSL allows no more, yet the SDK reads in one thread while its caller publishes in another.
    Later Pythons hold such a lock themselves; with the others a publish fails now and then, with
    SSLEOFError.
    """
    lock = threading.Lock()
    read, write = ssl.SSLSocket.recv, ssl.SSLSocket.send

    def recv(self: ssl.SSLSocket, *arguments: Any) -> bytes:
        with lock:
            return read(self, *arguments)

    def send(self: ssl.SSLSocket, *arguments: Any) -> int:
        with lock:
            return write(self, *arguments)

    ssl.SSLSocket.recv = recv  # type: ignore[assignment, method-assign]
    ssl.SSLSocket.send = send  # type: ignore[assignment, method-assign]


def redirect(https_port: int) -> None:
    """Act as a DNS entry and a port mapping: the SDK's URL for registration is hard-wired."""
    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
        if str(host).startswith("iot-auth."):
            host, port = "127.0.0.1", https_port
        return resolve(host, port, *arguments, **options)

    socket.getaddrinfo = getaddrinfo


def start(host: str, port: int, ca: str, https_port: int | None = None, **identity: Any) -> Any:
    """Register over MQTT, when `identity` has an auth_type; over HTTPS first, when it has only a
    product_secret; else connect."""
    if https_port:
        redirect(https_port)
    kit = linkkit.LinkKit(host_name="cn-shanghai", **identity)
    kit.config_mqtt(port=port, endpoint=host, cadata=ca)
    kit.on_connect = lambda session, rc, _: tell("connected", rc=rc)
    kit.on_disconnect = lambda rc, _: tell("disconnected", rc=rc)
    kit.on_device_dynamic_register = lambda rc, value, _: tell(
        "registered", rc=rc, device_secret=value
    )
    kit.on_device_dynamic_register_nwl_reply = lambda rc, client_id, username, token: tell(
        "registered", rc=rc, client_id=client_id, username=username, password=token
    )
    kit.on_subscribe_topic = lambda mid, granted, _: tell("subscribed", granted=list(granted))
    kit.on_publish_topic = lambda mid, _: tell("published", mid=mid)
    kit.on_topic_message = lambda topic, payload, qos, _: tell(
        "message", topic=topic, payload=payload.decode(), qos=qos
    )
    kit.thing_setup()
    kit.connect_async()
    return kit


def post_property(kit: Any, params: dict[str, Any]) -> None:
    """The SDK tells nobody of the PUBACK: it only forgets the message it waited for."""
    rc, _ = kit.thing_post_property(params)
    waiting = kit._LinkKit__thing_prop_post_mid
    # After 10 s the SDK forgets it unacknowledged.
    deadline = time.monotonic() + 8
    while waiting and time.monotonic() < deadline:
        time.sleep(0.02)
    tell("posted_property", rc=rc, acknowledged=not waiting)


def obey(kit: Any, do: str, **details: Any) -> None:
    if do == "subscribe":
        kit.subscribe_topic(details["topic"])
    elif do == "publish":
        kit.publish_topic(details["topic"], details["payload"], details["qos"])
    elif do == "post_property":
        post_property(kit, details["params"])
    elif do == "disconnect":
        kit.disconnect()
    else:
        raise ValueError(do)


def main() -> None:
    serialize_tls()
    orders = map(json.loads, sys.stdin)
    first = next(orders)
    first.pop("do")
    kit = start(**first)
    for order in orders:
        obey(kit, **order)


if __name__ == "__main__":
    main()
