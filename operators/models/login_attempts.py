"""Passwords that were tried."""

from django.db import models
from django.utils import timezone


class SignInAttempt(models.Model):
    """A password tried and not (yet) found right, under the digest of who tried it from where."""

    key = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            # Failures under one key in the last quarter of an hour.
            models.Index(fields=["key", "at"], name="sign_in_by_key"),
            # Forgetting the old ones.
            models.Index(fields=["at"], name="sign_in_by_age"),
        ]

    def __str__(self) -> str:
        return f"sign-in attempt {self.pk}"
