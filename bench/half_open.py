"""An attack: sockets that are opened on the TLS port, say nothing, and are opened again when the
server closes them. `TLS-PORT PLAIN-PORT PRODUCT-KEY SOCKETS`, until SIGTERM."""

import itertools
import select
import socket
import sys

from bench.process import allow_descriptors

_sources = itertools.cycle([f"127.0.2.{number}" for number in range(1, 33)])


def main() -> None:
    allow_descriptors()
    port, count = int(sys.argv[1]), int(sys.argv[4])
    epoll = select.epoll()
    sockets: dict[int, socket.socket] = {}
    while True:
        while len(sockets) < count:
            one = _open(port)
            sockets[one.fileno()] = one
            epoll.register(one.fileno(), select.EPOLLIN)
        for descriptor, _ in epoll.poll(1.0):
            sockets.pop(descriptor).close()


def _open(port: int) -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    one.bind((next(_sources), 0))
    one.connect_ex(("127.0.0.1", port))
    return one


if __name__ == "__main__":
    main()
