"""Unmodified clients run in processes of their own, with the Python of their environment."""

import subprocess
from pathlib import Path
from typing import IO


def start(
    python: Path, script: Path, log: Path
) -> tuple["subprocess.Popen[str]", IO[str], IO[str]]:
    """The process, what it reads and what it writes; its errors go to the end of `log`."""
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [str(python), "-u", str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdin is not None
    assert process.stdout is not None
    return process, process.stdin, process.stdout
