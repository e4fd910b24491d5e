"""A supervisor to be started, signalled and killed by tests.

    python -m tests.iotconsole.supervised START_SECONDS STOP_SECONDS NAME:PORT:BEHAVIOUR …

It prints `ready`, and every child `NAME PID` when it accepts connections. Behaviours: `polite`
stops when asked; `stubborn` prints `NAME refuses`; `crash` ends with status 3; `silent` never
listens; `parent` leaves a child of its own behind when it is killed.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys

from common.ops.supervisor import Address, Limits, Program, SupervisorError, supervise


def child(name: str, port: int, behaviour: str) -> None:
    if behaviour == "crash":
        sys.exit(3)
    if behaviour == "stubborn":
        signal.signal(signal.SIGTERM, lambda *_: say(f"{name} refuses"))
    if behaviour == "parent":
        subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    with socket.create_server(("127.0.0.1", port)) as server:
        if behaviour == "silent":
            server.close()
        say(f"{name} {os.getpid()}")
        while True:
            signal.pause()


def program(text: str) -> Program:
    name, port, behaviour = text.split(":")
    command = [sys.executable, "-m", __spec__.name, "child", name, port, behaviour]
    return Program(name, command, [Address("127.0.0.1", int(port), f"{name.upper()}_PORT")])


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> None:
    if arguments[0] == "child":
        child(arguments[1], int(arguments[2]), arguments[3])
    start, stop, *programs = arguments
    limits = Limits(start=float(start), stop=float(stop))
    try:
        asyncio.run(supervise(list(map(program, programs)), lambda: say("ready"), limits=limits))
    except SupervisorError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
