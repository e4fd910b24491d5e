"""How long a connection may take, without waiting for it."""

import selectors
import socket
from collections import deque
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from iotconsole.https.connection import REQUEST_WITHIN, Connection
from iotconsole.https.worker import Worker


@pytest.fixture
def pair() -> Iterator[tuple[Connection, socket.socket]]:
    ours, theirs = socket.socketpair()
    with theirs:
        connection = Connection(SimpleNamespace(), ours, ("192.0.2.7", 1), ("127.0.0.1", 2))
        yield connection, theirs
        connection.close()


def worker_with(connection: Connection, *, alive: bool = True) -> Worker:
    """Only what looks after those who are waited for."""
    worker = Worker.__new__(Worker)
    worker.alive, worker.nr_conns = alive, 1
    worker.pending_conns = deque([connection])
    worker.poller = selectors.DefaultSelector()
    worker.poller.register(connection.sock, selectors.EVENT_READ)
    return worker


def test_within_its_time_a_silent_connection_is_waited_for(
    pair: tuple[Connection, socket.socket],
) -> None:
    worker = worker_with(pair[0])
    worker.murder_pending()
    assert worker.nr_conns == len(worker.pending_conns) == 1
    worker.poller.close()


@pytest.mark.parametrize("alive", [True, False])
def test_afterwards_and_when_stopping_it_is_closed(
    pair: tuple[Connection, socket.socket], alive: bool
) -> None:
    connection, theirs = pair
    if alive:
        assert connection.deadline is not None
        connection.deadline -= REQUEST_WITHIN
    worker = worker_with(connection, alive=alive)
    worker.murder_pending()
    assert worker.nr_conns == len(worker.pending_conns) == 0
    assert not worker.poller.get_map()
    assert theirs.recv(1) == b""
    worker.poller.close()


def test_the_next_request_has_time_of_its_own(pair: tuple[Connection, socket.socket]) -> None:
    connection, _ = pair
    connection.answered(kept=False)
    assert connection.deadline is None
