"""Codes for when phone and authenticator are out of reach."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django_otp.models import (
    Device,
    DeviceManager,
    ThrottlingMixin,
)

from operators.keyed_digests import accepted_digests, keyed_digest
from operators.models.account import Operator


class BackupCodeDevice(ThrottlingMixin, Device):  # type: ignore[misc]
    """An operator's set of backup codes. A wrong one costs 1 s, 2 s, 4 s, … before the next try."""

    user = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="+")

    objects: ClassVar[models.Manager["BackupCodeDevice"]] = DeviceManager()

    class Meta:
        constraints = [
            # Renewing replaces the set; there are never two.
            models.UniqueConstraint(fields=["user"], name="backup_one_set_per_operator"),
        ]

    def get_throttle_factor(self) -> int:
        return 1

    def digest(self, code: str) -> str:
        return keyed_digest(*self._parts(code))

    def _parts(self, code: str) -> tuple[str, str, str]:
        return "backup-code", str(self.user_id), code

    def verify_token(self, token: str) -> bool:
        """True once per code. Call it with this row locked, so that failures are all counted."""
        if not self.verify_is_allowed()[0]:
            return False
        # Fifty random bits under a key: looking the digest up by an index tells nothing by timing.
        unused = BackupCode.objects.filter(device=self, used_at=None)
        if unused.filter(digest__in=accepted_digests(*self._parts(token))).update(
            used_at=timezone.now()
        ):
            self.throttle_reset()
            return True
        self.throttle_increment()
        return False


class BackupCode(models.Model):
    """One backup code, kept only as a keyed digest; `used_at` is set once."""

    device = models.ForeignKey(BackupCodeDevice, on_delete=models.CASCADE, related_name="codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # Also the index by which a typed code is found.
            models.UniqueConstraint(fields=["device", "digest"], name="backup_code_once"),
        ]

    def __str__(self) -> str:
        return f"backup code {self.pk}"
