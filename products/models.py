"""Product: one ProductKey and ProductSecret, in the firmware of every unit."""

from datetime import datetime

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from common.crypto.encrypted_fields import EncryptedTextField, decrypt
from common.crypto.identifiers import alphanumeric
from operators.models import Operator
from products import broker_topics


class NodeType(models.IntegerChoices):
    """Numbers as in the platform's API (CreateProduct.NodeType)."""

    DIRECT = 0, _("Directly Connected Device")
    GATEWAY = 1, _("Gateway Device")


class NetType(models.TextChoices):
    """Values as in the platform's API (CreateProduct.NetType)."""

    WIFI = "WIFI", _("Wi-Fi")
    CELLULAR = "CELLULAR", _("Cellular (2G/3G/4G/5G)")
    ETHERNET = "ETHERNET", _("Ethernet")
    OTHER = "OTHER", _("Other")


class DataFormat(models.IntegerChoices):
    """Numbers as in the platform's API (CreateProduct.DataFormat)."""

    CUSTOM = 0, _("Custom")
    ALINK_JSON = 1, _("ICA Standard Data Format (Alink JSON)")


class DataConnections(models.TextChoices):
    """Server of the data connections, once a device is registered (products.broker_topics)."""

    SERVER = "server", _("This server")
    RABBITMQ = broker_topics.RABBITMQ, "RabbitMQ"
    EMQX = broker_topics.EMQX, "EMQX"
    NANOMQ = broker_topics.NANOMQ, _("NanoMQ or EMQX 4")
    MOSQUITTO = broker_topics.MOSQUITTO, "Mosquitto"


class ProductStatus(models.TextChoices):
    DEVELOPMENT = "development", _("In development")
    PUBLISHED = "published", _("Published")


class RegistrationModes(models.TextChoices):
    """Which authType Dynamic Registration answers while it is on."""

    BOTH = "both", _("Both")
    REGISTER = "register", _("Pre-registration only (register)")
    REGNWL = "regnwl", _("Preregistration-free only (regnwl)")


class ClosedBy(models.TextChoices):
    """Causes that turn Dynamic Registration off by themselves."""

    TIME = "time", _("Its time was up")
    BUDGET = "budget", _("Its budget was used up")


def new_product_key() -> str:
    """11 alphanumerics, as the platform's (protocol.md 5.1)."""
    return alphanumeric(11)


def new_product_secret() -> str:
    """16 alphanumerics, as the platform's (protocol.md 5.1)."""
    return alphanumeric(16)


class Product(models.Model):
    product_key = models.CharField(max_length=20, unique=True, default=new_product_key)
    product_secret = EncryptedTextField(default=new_product_secret)
    name = models.CharField(max_length=30, unique=True)
    description = models.CharField(max_length=100, blank=True)
    node_type = models.SmallIntegerField(choices=NodeType, default=NodeType.DIRECT)
    net_type = models.CharField(max_length=10, choices=NetType, default=NetType.WIFI)
    data_format = models.SmallIntegerField(choices=DataFormat, default=DataFormat.ALINK_JSON)
    status = models.CharField(
        max_length=12, choices=ProductStatus, default=ProductStatus.DEVELOPMENT
    )
    data_connections = models.CharField(
        max_length=12, choices=DataConnections, default=DataConnections.SERVER
    )
    # Off at first; only registration.operations.set_dynamic_registration turns it.
    dynamic_registration = models.BooleanField(default=False)
    dynamic_registration_changed_at = models.DateTimeField(null=True)
    dynamic_registration_changed_by = models.ForeignKey(
        Operator, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # The registration window: how far it is open while the switch is on
    # (products.registration_window). After it has closed the values stay, to be proposed the next
    # time.
    registration_closes_at = models.DateTimeField(null=True)
    registration_budget = models.PositiveIntegerField(null=True)
    registration_used = models.PositiveIntegerField(default=0)
    # Counts the windows, so that a device knows whether this one has counted it.
    registration_window = models.PositiveIntegerField(default=0)
    registration_names = models.CharField(max_length=64, blank=True)  # a products.name_pattern
    registration_networks = models.TextField(blank=True)  # CIDR, with spaces between
    registration_modes = models.CharField(
        max_length=8, choices=RegistrationModes, default=RegistrationModes.BOTH
    )
    registration_closed_by = models.CharField(max_length=8, choices=ClosedBy, blank=True)
    # Counts the ProductSecrets this product has had.
    secret_version = models.PositiveSmallIntegerField(default=1)
    secret_rotated_at = models.DateTimeField(null=True)
    # The ProductSecret before this one, while it still serves: encrypted like it, but only
    # decrypted when somebody signs with it. Lists of products and devices carry it along.
    previous_secret_sealed = models.TextField(blank=True)
    previous_secret_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<Product {self.product_key}>"

    def get_absolute_url(self) -> str:
        return reverse("products:details", args=[self.product_key])

    @property
    def target(self) -> str:
        """How the audit trail and confirmations name this product."""
        return f"product/{self.product_key}"

    def previous_secret(self, now: datetime) -> str:
        """The ProductSecret before this one while it still serves, else nothing."""
        until = self.previous_secret_until
        return decrypt(self.previous_secret_sealed) if until and now < until else ""

    @property
    def published(self) -> bool:
        return self.status == ProductStatus.PUBLISHED


class ProductGrant(models.Model):
    """A product that an account without access to every product may look at, or also change."""

    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="grants")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="grants")
    may_change = models.BooleanField(default=False)

    class Meta:
        constraints = [
            # One answer per account and product; also the index that lists an account's products.
            models.UniqueConstraint(fields=["operator", "product"], name="product_grant_once"),
        ]

    def __str__(self) -> str:
        return f"{self.operator} → {self.product_id}"
