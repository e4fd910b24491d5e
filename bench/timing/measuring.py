"""Taking the times: of the operation in this process, and of answers of a listener beside it."""

import random
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from time import perf_counter_ns, thread_time_ns

from django.utils import timezone

from bench.load import without_collector
from bench.timing.classes import Kind
from bench.timing.welch import interleaved
from mqtt.listener.admission import Gate
from mqtt.listener.dispatch import Request, perform
from protocol import mqtt
from registration.attempts import DeviceRequest, Origin

Times = dict[str, list[float]]  # microseconds by class
Clock = Callable[[], int]
_PATIENCE = 30.0
WARM_UP = 50  # of each class, not counted


def operation(
    kind: Kind, count: int, chance: random.Random, gate: Gate, company: Sequence[Request] = ()
) -> Mapping[str, Times]:
    """Time `perform` with a batch of one, or in `company`: wall-clock time and CPU time."""
    wall: Times = {name: [] for name in kind.classes}
    cpu: Times = {name: [] for name in kind.classes}
    with without_collector():
        for name in _order(kind, count, chance):
            request = read(gate, kind.classes[name](chance))
            began, began_cpu = perf_counter_ns(), thread_time_ns()
            perform([request, *company], timezone.now())
            cpu[name].append((thread_time_ns() - began_cpu) / 1000)
            wall[name].append((perf_counter_ns() - began) / 1000)
    return {"clock": _counted(wall), "processor": _counted(cpu)}


def answers(kind: Kind, count: int, chance: random.Random, port: int) -> Mapping[str, Times]:
    """Time a listener from the last byte sent to its CONNACK.

    The second value is the time the *next* request took, by the class of the one before it. It
    shows work that was left to be done.
    """
    own: Times = {name: [] for name in kind.classes}
    following: Times = {name: [] for name in kind.classes}
    before = ""
    with without_collector():
        for name in _order(kind, count, chance):
            took = _answer(port, kind.classes[name](chance))
            own[name].append(took)
            if before:
                following[before].append(took)
            before = name
    return {"answer": _counted(own), "next answer": _counted(following)}


def _answer(port: int, connect: bytes) -> float:
    with socket.create_connection(("127.0.0.1", port), _PATIENCE) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        began = perf_counter_ns()
        client.sendall(connect)
        answer = client.recv(64)
        took = (perf_counter_ns() - began) / 1000
        client.recv(1)
    if answer not in _REFUSALS:
        raise RuntimeError(f"not a refusal: {answer!r}")
    return took


_REFUSALS = {
    mqtt.connack(mqtt.CONNACK_CREDENTIALS),
    mqtt.connack(mqtt.CONNACK_NOT_AUTHORISED),
}


def read(gate: Gate, connect: bytes) -> DeviceRequest:
    """The request that a listener would put to the database."""
    (packet,) = mqtt.Decoder().feed(connect)
    assert isinstance(packet, mqtt.Connect)
    request = gate.examine(packet, Origin("192.0.2.7", True, "0" * 16))
    assert not isinstance(request, int)
    return request


def _order(kind: Kind, count: int, chance: random.Random) -> Iterator[str]:
    return interleaved(list(kind.classes), count + WARM_UP, chance)


def _counted(times: Times) -> Times:
    return {name: taken[WARM_UP:] for name, taken in times.items()}
