"""An authenticator app."""

import time
from base64 import b32encode
from binascii import unhexlify
from typing import ClassVar
from urllib.parse import quote, urlencode

from django.db import models
from django_otp.models import Device, DeviceManager, ThrottlingMixin
from django_otp.oath import TOTP
from django_otp.util import random_hex

from common.crypto.encrypted_fields import EncryptedTextField
from operators.models.account import Operator

ISSUER = "IoT Device Console"


def new_key() -> str:
    """160 bits in hex, as long as the digests that are made with it."""
    return str(random_hex(20))


class Authenticator(ThrottlingMixin, Device):  # type: ignore[misc]
    """An operator's TOTP secret (RFC 6238: SHA-1, 30 s, six digits) and how far it was used.

    The server makes the same codes as the app, so the secret must be readable; django-otp's own
    model keeps it in clear. A wrong code costs 1 s, 2 s, 4 s, … before the next try. `confirmed`
    means that the app has once shown a right code.
    """

    STEP_SECONDS, DIGITS, TOLERANCE = 30, 6, 1
    _VERIFIED = (
        *("last_t", "drift"),
        *("throttling_failure_timestamp", "throttling_failure_count"),
    )

    user = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="+")
    key = EncryptedTextField(default=new_key)
    # By how many steps the app's clock was off when it was last right.
    drift = models.SmallIntegerField(default=0)
    # The step of the code that was last right: none is good twice.
    last_t = models.BigIntegerField(default=-1)

    objects: ClassVar[models.Manager["Authenticator"]] = DeviceManager()

    def __repr__(self) -> str:
        return f"<Authenticator {self.pk}>"

    @property
    def bin_key(self) -> bytes:
        return unhexlify(self.key.encode())

    def get_throttle_factor(self) -> int:
        return 1

    def verify_token(self, token: str) -> bool:
        """True once per code. Call it with this row locked."""
        if not self.verify_is_allowed()[0]:
            return False
        totp = TOTP(self.bin_key, self.STEP_SECONDS, digits=self.DIGITS, drift=self.drift)
        totp.time = time.time()
        verified = bool(totp.verify(int(token), self.TOLERANCE, self.last_t + 1))
        if verified:
            self.last_t, self.drift = totp.t(), totp.drift
            self.throttle_reset(commit=False)
        else:
            self.throttle_increment(commit=False)
        # Not the key: this process may still encrypt with one that is being replaced.
        self.save(update_fields=self._VERIFIED)
        return verified

    @property
    def config_url(self) -> str:
        """URL in the QR code for the app."""
        label = quote(f"{ISSUER}:{self.user.get_username()}")
        asked = {
            "secret": b32encode(self.bin_key).decode(),
            "algorithm": "SHA1",
            "digits": self.DIGITS,
            "period": self.STEP_SECONDS,
            "issuer": ISSUER,
        }
        return f"otpauth://totp/{label}?{urlencode(asked, quote_via=quote)}"
