"""Accounts of the console."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from operators.keyed_digests import mask


class Role(models.TextChoices):
    ADMIN = "admin", _("Administrator")
    OPERATOR = "operator", _("Operator")
    VIEWER = "viewer", _("Viewer")


class Operator(AbstractUser):
    """A person who signs in. A viewer reads; an operator changes; an admin also minds accounts.

    Viewers and operators may be limited to the products they were granted (`products.access`).
    """

    role = models.CharField(max_length=16, choices=Role, default=Role.VIEWER)
    every_product = models.BooleanField(default=True)
    # Raised to end all sessions at once, also those nobody knows of.
    session_epoch = models.PositiveIntegerField(default=0)
    # Raised when a second factor changes: sessions confirmed before that have to confirm again.
    factor_epoch = models.PositiveIntegerField(default=0)
    phone = PhoneNumberField(blank=True)
    phone_verified_at = models.DateTimeField(null=True, blank=True)
    # Both empty: what the browser says.
    language = models.CharField(max_length=8, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)

    @property
    def may_change(self) -> bool:
        return self.role in {Role.OPERATOR, Role.ADMIN}

    @property
    def is_admin(self) -> bool:
        return self.role == Role.ADMIN

    @property
    def sees_every_product(self) -> bool:
        return self.is_admin or self.every_product

    @cached_property
    def granted(self) -> dict[str, bool]:
        """ProductKeys a limited account may look at, and whether it may change the product.

        Read once per request: the request has its own Operator object.
        """
        grants = self.grants.values_list("product__product_key", "may_change")
        return dict(grants)

    def may_look_at(self, product_key: str) -> bool:
        return self.sees_every_product or product_key in self.granted

    def may_change_product(self, product_key: str) -> bool:
        return self.may_change and (self.sees_every_product or self.granted.get(product_key, False))

    @property
    def state(self) -> str:
        """active, invited (has yet to set a password) or deactivated."""
        if self.is_active:
            return "active"
        return "deactivated" if self.has_usable_password() else "invited"

    def get_absolute_url(self) -> str:
        return reverse("operators:account", args=[self.pk])

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Django compares it at every request: who changes what it covers ends the sessions."""
        covered = f"{self.password}{self.session_epoch or ''}"
        # Django's own, so that sessions from before there was an epoch go on.
        salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
        return salted_hmac(salt, covered, secret=secret, algorithm="sha256").hexdigest()

    @property
    def target(self) -> str:
        """How the audit trail names this account."""
        # A username may have 150 characters, an audit target 128.
        return f"operator/{self.get_username()}"[:128]

    @property
    def masked_phone(self) -> str:
        """The verified number as `+86 ••• 1234`, or nothing."""
        return mask(self.phone) if self.phone and self.phone_verified_at else ""
