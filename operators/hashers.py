"""How passwords are hashed: Django's PBKDF2, one at a time in each process, behind other work.

A try costs a quarter of a second of a processor, and anybody may try. Were all threads of a process
to hash at once, or as urgently as pages are made, nobody else would be served meanwhile.
"""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from typing import Any

from django.contrib.auth.hashers import PBKDF2PasswordHasher

# Linux gives a thread of this niceness a tenth of a processor that another one wants as well.
_NICENESS = 10


def _be_nice() -> None:
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


@cache
def _turns(_process: int) -> ThreadPoolExecutor:
    """The one thread that hashes: of each process its own, also after a fork."""
    return ThreadPoolExecutor(1, "passwords", initializer=_be_nice)


class OneAtATimePBKDF2(PBKDF2PasswordHasher):
    """PBKDF2 whose tries wait for each other. What is stored is the same."""

    def encode(self, password: str, salt: Any, iterations: int | None = None) -> str:
        hashing = _turns(os.getpid()).submit(super().encode, password, salt, iterations)
        encoded: str = hashing.result()
        return encoded
