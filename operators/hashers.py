"""How passwords are hashed: Django's PBKDF2, one at a time in each process.

A try costs a quarter of a second of a processor, and anybody may try. Were all threads of a process
to hash at once, nobody else would be served meanwhile.
"""

import threading
from typing import Any

from django.contrib.auth.hashers import PBKDF2PasswordHasher

_turn = threading.Lock()


class OneAtATimePBKDF2(PBKDF2PasswordHasher):
    """What is stored is the same; tries wait for each other."""

    def encode(self, password: str, salt: Any, iterations: int | None = None) -> str:
        with _turn:
            encoded: str = super().encode(password, salt, iterations)
        return encoded
