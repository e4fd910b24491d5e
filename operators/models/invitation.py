"""The way in for somebody who was invited."""

from django.db import models

from operators.keyed_digests import accepted_digests, keyed_digest
from operators.models.account import Operator


class Invitation(models.Model):
    """A code good once, until `expires_at`, for an account that waits for its password.

    Only its digest is kept. Accepting or cancelling removes the row; renewing replaces the code.
    """

    operator = models.OneToOneField(Operator, on_delete=models.CASCADE, related_name="invitation")
    digest = models.CharField(max_length=64, unique=True)  # also how a typed code is found
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"invitation of {self.operator}"

    @staticmethod
    def digest_of(code: str) -> str:
        return keyed_digest("invitation", code)

    @staticmethod
    def accepted_digests_of(code: str) -> list[str]:
        """Also those under older keys."""
        return accepted_digests("invitation", code)
