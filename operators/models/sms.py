"""Codes sent to a phone, and the ledger of messages."""

import hmac
import secrets
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import ClassVar

from django.db import models
from django.db.models import F
from django.utils import timezone
from django_otp.models import (
    CooldownMixin,
    DeviceManager,
    SideChannelDevice,
    ThrottlingMixin,
)
from phonenumber_field.modelfields import PhoneNumberField

from operators.keyed_digests import keyed_digest, mask
from operators.models.account import Operator


class SmsLine(models.Model):
    """A phone number, whoever uses it: the row that is locked while its messages are counted."""

    number = PhoneNumberField(unique=True)

    def __str__(self) -> str:
        return mask(self.number)


class SmsSend(models.Model):
    """One message a provider has accepted, or is being asked to accept: the ledger of the quota."""

    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="+")
    line = models.ForeignKey(SmsLine, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    # Tells of a change and holds no code; notices have limits of their own.
    notice = models.BooleanField(default=False)

    class Meta:
        indexes = [
            # What this operator was sent in the last day.
            models.Index(fields=["operator", "at"], name="sms_by_operator"),
            # What this number was sent in the last day.
            models.Index(fields=["line", "at"], name="sms_by_line"),
        ]

    def __str__(self) -> str:
        return f"{self.line} at {self.at:%Y-%m-%dT%H:%M:%SZ}"


class Try(Enum):
    """Result of a typed code. NOT_TAKEN: it was not compared, as the code was used or void."""

    RIGHT = auto()
    WRONG = auto()
    NOT_TAKEN = auto()


class SmsDevice(ThrottlingMixin, CooldownMixin, SideChannelDevice):  # type: ignore[misc]
    """An operator's phone number, and the one code that may be under way to it.

    `token` is a keyed digest of the code (the inherited column would hold it in clear), `binding`
    the keyed digest of what the code is for: operator, session, act, target and wished state.
    `confirmed` means that the operator has once typed a code sent to this number.
    """

    CODE_DIGITS = 6
    VALID_SECONDS = 300
    COOLDOWN_SECONDS = 60
    MAX_TRIES = 5
    # Each code guessed away in a row doubles the wait before the next one: 30 s, 60 s, 120 s, …
    # Within one code the five tries are the limit, so an honest typing error costs no wait.
    THROTTLE_SECONDS = 30

    user = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="+")
    line = models.ForeignKey(SmsLine, on_delete=models.PROTECT, related_name="+")
    token = models.CharField(max_length=64, null=True)  # noqa: DJ001 - null is "no code under way"
    binding = models.CharField(max_length=64, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)

    objects: ClassVar[models.Manager["SmsDevice"]] = DeviceManager()

    class Meta:
        constraints = [
            # A number is verified once per operator, and has one code under way.
            models.UniqueConstraint(fields=["user", "line"], name="sms_one_device_per_line"),
        ]

    def __str__(self) -> str:
        return str(self.line)

    def __repr__(self) -> str:
        return f"<SmsDevice {self.pk}>"

    def _digest(self, code: str, binding: str) -> str:
        return keyed_digest("sms-code", str(self.pk), binding, code)

    def get_cooldown_duration(self) -> int:
        return self.COOLDOWN_SECONDS

    def get_throttle_factor(self) -> int:
        return self.THROTTLE_SECONDS

    def is_waiting_for(self, binding: str, now: datetime) -> bool:
        """Whether a code for exactly this purpose and session can still be typed."""
        return (
            self.token is not None
            and hmac.compare_digest(self.binding, binding)
            and now < self.valid_until
            and self.tries < self.MAX_TRIES
        )

    def put_code(self, code: str, binding: str, sent_at: datetime) -> None:
        """Make `code` the one that opens `binding`; it voids the one before."""
        self.token = self._digest(code, binding)
        self.binding = binding
        self.tries = 0
        self.valid_until = sent_at + timedelta(seconds=self.VALID_SECONDS)
        self.last_generated_timestamp = sent_at
        self.save(
            update_fields=["token", "binding", "tries", "valid_until", "last_generated_timestamp"]
        )

    def generate_token(self, *_: object, **__: object) -> None:
        """The inherited form keeps the code in clear and binds it to nothing."""
        raise NotImplementedError("new_code() and put_code() replace generate_token()")

    def verify_token(self, token: str, binding: str = "") -> bool:
        return self.try_code(token, binding) is Try.RIGHT

    def try_code(self, code: str, binding: str) -> "Try":
        """Take one try; RIGHT exactly once, for the right code and the right binding.

        The try is counted before the code is looked at and the right code is claimed by a
        filtered UPDATE: parallel guesses cannot exceed the limit, parallel right ones win once.
        """
        if not self.verify_is_allowed()[0] or not self.is_waiting_for(binding, timezone.now()):
            return Try.NOT_TAKEN
        of_this_code = SmsDevice.objects.filter(pk=self.pk, token=self.token)
        if not of_this_code.filter(tries__lt=self.MAX_TRIES).update(tries=F("tries") + 1):
            return Try.NOT_TAKEN
        if not hmac.compare_digest(str(self.token), self._digest(code, binding)):
            self._void_if_exhausted()
            return Try.WRONG
        spent = {"token": None, "binding": "", "throttling_failure_count": 0}
        claimed = of_this_code.update(**spent, throttling_failure_timestamp=None)
        return Try.RIGHT if claimed else Try.NOT_TAKEN

    def _void_if_exhausted(self) -> None:
        SmsDevice.objects.filter(pk=self.pk, token=self.token, tries__gte=self.MAX_TRIES).update(
            token=None,
            binding="",
            throttling_failure_count=F("throttling_failure_count") + 1,
            throttling_failure_timestamp=timezone.now(),
        )


def new_code() -> str:
    """Six digits from the operating system's generator; leading zeros are kept."""
    return f"{secrets.randbelow(10**SmsDevice.CODE_DIGITS):0{SmsDevice.CODE_DIGITS}}"
