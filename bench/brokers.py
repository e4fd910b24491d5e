"""Brokers that others use, as installed: what letting a device in costs there."""

import itertools
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.conversation import Conversation, Target
from bench.environment import TRANSPORTS, Figure, Ground, Side, say
from bench.load import hold
from bench.process import How, Program, on_cores
from bench.rabbitmq import rabbitmq
from bench.reconnect_storm import Crowd
from bench.speed import SECONDS, Run, rates
from protocol import mqtt
from tests.ports import free_ports

MOSQUITTO = "mosquitto"
_USERS = 200
_SESSIONS = 5_000
_WARM = 400
_PASSWORD = "a-password-as-long-as-a-token-is"  # noqa: S105 - opens nothing
_numbers = itertools.count()


def brokers(ground: Ground) -> Iterator[Figure]:
    yield from _mosquitto(ground)
    yield from rabbitmq(ground)


def _mosquitto(ground: Ground) -> Iterator[Figure]:
    program = shutil.which(MOSQUITTO)
    passwords = shutil.which("mosquitto_passwd")
    if program is None or passwords is None:
        yield {"topic": "brokers", "broker": "Mosquitto", "missing": "not installed"}
        return
    with tempfile.TemporaryDirectory(prefix="bench-mosquitto-") as directory:
        side = _configured(ground, program, passwords, Path(directory))
        for transport in TRANSPORTS:
            say(f"brokers: Mosquitto, {transport}")
            with side.server:
                kib = _idle(ground, side, transport)
            with side.server:
                figure = _connects(ground, side, transport)
            yield {
                "topic": "brokers",
                "broker": "Mosquitto, password file",
                "transport": transport,
                **figure,
                "kib": kib,
            }


def _configured(ground: Ground, program: str, passwords: str, directory: Path) -> Side:
    users = directory / "passwords"
    users.write_text("".join(f"device-{number}:{_PASSWORD}\n" for number in range(_USERS)))
    subprocess.run([passwords, "-U", str(users)], check=True)  # noqa: S603 - our own command line
    certificate = ground.pki / "server-ecdsa.pem"
    tls_port, port = free_ports(2)
    file = directory / "mosquitto.conf"
    file.write_text(
        f"user root\nallow_anonymous false\npassword_file {users}\nlog_type error\n"
        f"log_dest stderr\nset_tcp_nodelay true\nmax_connections -1\n"
        f"listener {tls_port} 127.0.0.1\ncertfile {certificate}\nkeyfile {certificate}\n"
        f"listener {port} 127.0.0.1\n"
    )
    how = How(ground.server_cores(), directory, log=directory / "mosquitto.log")
    server = Program([program, "-c", str(file)], [tls_port, port], ground.environment, how)
    return Side(server, {"TLS": Target(tls_port, tls=True), "plain": Target(port)})


def _connects(ground: Ground, side: Side, transport: str) -> dict[str, float]:
    target, run = side.targets[transport], Run(ground.at_once, ground.seconds(SECONDS))
    with on_cores(ground.load_cores()):
        hold(target, _devices(ground.scaled(_WARM)), run.at_once)
        before = side.server.cpu_seconds()
        outcome = hold(target, _devices(200_000), run.at_once, run.seconds)
    return rates(outcome, {"server": side.server.cpu_seconds() - before})


def _idle(ground: Ground, side: Side, transport: str) -> float:
    """KiB that a session adds."""
    count = ground.sockets(ground.scaled(_SESSIONS))
    before = side.server.resident_bytes()
    with Crowd(side.targets[transport], list(_devices(count))) as crowd:
        crowd.come(ground.at_once)
        return (side.server.resident_bytes() - before) / count / 1024


def _devices(count: int) -> Iterator[Conversation]:
    """Each with an id of its own; few users do, because each costs a line of the file."""
    for _ in range(count):
        number = next(_numbers)
        user = f"device-{number % _USERS}"
        yield Conversation(mqtt.connect(f"bench-{number}", user, _PASSWORD, keepalive=1200))
