"""The supervisor with real processes. `communicate` returns only when every process is gone:
all of them, children's children too, hold the pipe it reads to its end."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from common.ops.supervisor import Address, SupervisorError, require_free
from tests.ports import free_ports

PATIENCE = 90


class Supervised:
    """A running supervisor with children `one` and `two`."""

    def __init__(self, one: str, two: str, limits: tuple[float, float]) -> None:
        ports = free_ports(2)
        programs = [f"one:{ports[0]}:{one}", f"two:{ports[1]}:{two}"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.iotconsole.supervised", *map(str, limits), *programs],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.pids: dict[str, int] = {}

    def wait_until_ready(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line == "ready\n":
                return
            name, pid = line.split()
            self.pids[name] = int(pid)
        pytest.fail("the supervisor ended before it was ready")

    def end(self) -> tuple[int, str]:
        """Exit status and standard error, when nothing of it is left."""
        _, errors = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, errors


@contextlib.contextmanager
def supervised(
    one: str = "polite", two: str = "polite", *, start_seconds: float = 60, stop_seconds: float = 20
) -> Iterator[Supervised]:
    running = Supervised(one, two, (start_seconds, stop_seconds))
    try:
        yield running
    finally:
        for pid in running.pids.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        running.process.kill()
        running.process.communicate(timeout=PATIENCE)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_in_order(signum: signal.Signals) -> None:
    with supervised() as running:
        running.wait_until_ready()
        running.process.send_signal(signum)
        assert running.end() == (0, "")


@pytest.mark.parametrize("victim", ["one", "two"])
def test_the_death_of_one_stops_the_other_and_is_told(victim: str) -> None:
    with supervised() as running:
        running.wait_until_ready()
        os.kill(running.pids[victim], signal.SIGKILL)
        assert running.end() == (1, f"The {victim} was killed by SIGKILL.\n")


def test_one_that_cannot_start_stops_the_other_and_is_told() -> None:
    with supervised(two="crash") as running:
        assert running.end() == (1, "The two ended with exit status 3.\n")


def test_one_that_never_listens_is_given_up() -> None:
    with supervised(one="silent", start_seconds=0.5) as running:
        status, errors = running.end()
        assert status == 1
        assert "The one accepts no connection on port" in errors
        assert "(ONE_PORT) after 0.5 seconds" in errors


def test_a_stubborn_child_is_killed_after_the_limit_and_named() -> None:
    with supervised(one="stubborn", stop_seconds=0.2) as running:
        running.wait_until_ready()
        running.process.send_signal(signal.SIGTERM)
        assert running.end() == (1, "Killed because it did not stop: one.\n")


def test_a_second_interrupt_does_not_wait_for_the_limit() -> None:
    with supervised("stubborn", "stubborn", stop_seconds=10 * PATIENCE) as running:
        running.wait_until_ready()
        running.process.send_signal(signal.SIGINT)
        assert running.process.stdout is not None
        assert running.process.stdout.readline().endswith(" refuses\n")
        running.process.send_signal(signal.SIGINT)
        assert running.end() == (1, "Killed because it did not stop: one, two.\n")


def test_what_a_killed_child_had_started_goes_too() -> None:
    with supervised(one="parent") as running:
        running.wait_until_ready()
        os.kill(running.pids["one"], signal.SIGKILL)
        assert running.end()[0] == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of a killed parent")
def test_a_killed_supervisor_leaves_no_child() -> None:
    with supervised() as running:
        running.wait_until_ready()
        running.process.kill()
        assert running.end() == (-signal.SIGKILL, "")


def test_a_taken_port_is_named_with_its_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SupervisorError, match=rf"Port {port} is already in use.*HTTP_PORT"):
            require_free([Address("127.0.0.1", port, "HTTP_PORT")])


def test_a_port_shared_by_several_listener_processes_counts_as_taken() -> None:
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SupervisorError, match="already in use"):
            require_free([Address("0.0.0.0", port, "MQTTS_PORT")])


def test_an_address_that_is_not_ours_is_named_with_its_setting() -> None:
    # TEST-NET-1 belongs to nobody (RFC 5737).
    with pytest.raises(SupervisorError, match=r"192\.0\.2\.254 port 1883 \(MQTT_PORT\)"):
        require_free([Address("192.0.2.254", 1883, "MQTT_PORT")])


def test_a_free_port_is_free_also_just_after_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        with socket.create_connection(address), server.accept()[0] as accepted:
            # Closed first by the server, the connection lingers in TIME_WAIT on its port.
            accepted.shutdown(socket.SHUT_WR)
    require_free([Address("127.0.0.1", address[1], "HTTP_PORT")])
