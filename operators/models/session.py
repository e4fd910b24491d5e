"""Where an account is signed in."""

from django.db import models
from django.utils import timezone

from operators.models.account import Operator


class SignedIn(models.Model):
    """One signed-in session, as its owner recognises it."""

    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="signed_in")
    # As in Django's row, which it finds: a digest, never the key (`session_store`).
    session_key = models.CharField(max_length=40, unique=True)
    user_agent = models.CharField(max_length=300, blank=True)
    address = models.GenericIPAddressField(null=True)
    at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"session {self.pk}"

    def __repr__(self) -> str:
        return f"<SignedIn {self.pk}>"
