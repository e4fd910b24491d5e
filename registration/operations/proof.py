"""Proof of a registration before its device is looked at: it was signed with the secret
of its product, whose window lets it in.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from common.sql.compiled_queries import Param, prepared_instances
from devices.credentials import decoy_secret
from devices.operations.refusal import Refused
from logs.reasons import Reason
from products.models import Product
from products.secret_lookup import products_or_decoys
from protocol import signing
from protocol.client_id import RegistrationMode, RegistrationParams
from protocol.redaction import Sent, SentForm
from registration.operations.window_rules import refusal_reason

_LOCKED = prepared_instances(
    Product,
    lambda: (
        Product.objects.select_for_update(no_key=True)
        .filter(product_key__among=Param("keys"))
        .order_by("pk")
    ),
    without={"product_secret"},
)

Products = dict[str, Product]  # by ProductKey
Name = tuple[str, str]  # ProductKey and DeviceName


@dataclass(frozen=True, slots=True)
class RegistrationRequest:
    """`signature` is the password, or `sign`, as it came: hex in either case, or anything else."""

    params: RegistrationParams
    signature: bytes = field(repr=False)
    trace_id: str
    address: str | None = None
    quiet: bool = False  # in a flood: not logged when refused
    log_later: bool = False  # refused for one of EXAMINED: logged by the caller
    sent: Sent | SentForm | None = None
    transport: str = ""  # named in the log, unless it is MQTT

    @property
    def name(self) -> Name:
        return self.params.product_key, self.params.device_name


@dataclass(frozen=True, slots=True)
class Proven:
    """A request that the product's window lets in, and which of its ProductSecrets signed it."""

    request: RegistrationRequest
    product: Product
    secret_version: int

    @property
    def regnwl(self) -> bool:
        return self.request.params.mode is RegistrationMode.REGNWL


def screen(requests: Sequence[RegistrationRequest], now: datetime) -> list[Proven | Refused]:
    """Everything that can be said without looking at the devices.

    Only what is proven has a product locked: PostgreSQL writes a lock to disk before it commits,
    and the time this takes would tell strangers which products exist.
    """
    known = products_or_decoys([request.params.product_key for request in requests])
    versions = _versions(requests, known, now)
    proven = (r for r, version in zip(requests, versions, strict=True) if version is not None)
    held = _lock_products(proven)
    if any(_secrets(product) != _secrets(known[key]) for key, product in held.items()):
        known |= held
        versions = _versions(requests, known, now)
    return [
        _admit(request, version, known, held, now)
        for request, version in zip(requests, versions, strict=True)
    ]


def _admit(
    request: RegistrationRequest,
    version: int | None,
    known: Products,
    held: Products,
    now: datetime,
) -> Proven | Refused:
    key = request.params.product_key
    if version is None and _exists(key, known.get(key)):
        return Refused(Reason.BAD_SIGNATURE)
    # One that is known and not held was deleted in between.
    if version is None or key not in held:
        return Refused(Reason.PRODUCT_NOT_FOUND)
    reason = refusal_reason(held[key], request.params, request.address, now)
    return Refused(reason) if reason else Proven(request, held[key], version)


def _exists(product_key: str, product: Product | None) -> bool:
    """Whether it is neither a decoy nor nothing, which it is while there are no products."""
    return product is not None and product.product_key == product_key


def _lock_products(proven: Iterable[RegistrationRequest]) -> Products:
    """As they are now; their ProductSecrets are only decrypted again if they are asked for."""
    keys = {request.params.product_key for request in proven}
    if not keys:
        return {}
    return {product.product_key: product for product in _LOCKED(keys=keys)}


def _secrets(product: Product) -> tuple[int, datetime | None]:
    """Which ProductSecrets it has, and until when."""
    return product.secret_version, product.previous_secret_until


def _versions(
    requests: Iterable[RegistrationRequest], products: Products, now: datetime
) -> list[int | None]:
    return [_proven_by(r, products.get(r.params.product_key), now) for r in requests]


def _proven_by(request: RegistrationRequest, product: Product | None, now: datetime) -> int | None:
    """The version of the ProductSecret that made the signature, None when neither valid one did.

    What is refused here costs the same whatever it names: two secrets are decrypted and tried,
    decoys where a product, or a ProductSecret before the present one, does not exist.
    """

    def signed_with(secret: str) -> bool:
        params = request.params
        return signing.verify(params.sign_method, secret, params.content, request.signature)

    real = _exists(request.params.product_key, product)
    if signed_with(product.product_secret if product else decoy_secret()) and product and real:
        return product.secret_version
    previous = product.previous_secret(now) if product else ""
    if signed_with(previous or decoy_secret()) and product and real and previous:
        return product.secret_version - 1
    return None
