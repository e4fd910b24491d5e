"""What a connection proves before anything is locked: that its credential is a good one.

PostgreSQL writes a lock to disk before it commits, and the time this takes would tell strangers
which devices exist. What is refused here costs the same whatever it names: the same statements,
and a decoy is decrypted and tried where there is no device.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from django.db.models import TextField
from django.db.models.functions import Cast

from devices.credentials import decoy_secret, token_matches
from devices.models import ClientBinding, Device
from devices.operations.outcome import Refused
from devices.protocol import signing
from devices.protocol.client_id import SignatureParams, TokenParams
from devices.protocol.sent import Sent
from iotconsole.kit.fields import decrypt
from iotconsole.kit.prepared import Among, Param, Prepared, Unindexed
from products.models import Product

# What a token is compared with when its ClientID does not exist.
_NO_DIGEST = "0" * 64


@dataclass(frozen=True, slots=True)
class ConnectionRequest:
    """`password` is the signature or the DeviceToken; `listener` is the process with the socket."""

    params: SignatureParams | TokenParams
    password: bytes = field(repr=False)
    trace_id: str
    listener: UUID
    address: str | None = None
    quiet: bool = False  # in a flood: not logged when refused
    log_later: bool = False  # refused for one of EXAMINED: logged by the caller
    sent: Sent | None = None
    broker: str = ""  # that asks, one of products.carriers
    connection: str = ""  # what the broker's connection is known by

    @property
    def name(self) -> tuple[str, str]:
        return self.params.product_key, self.params.device_name

    @property
    def client_id(self) -> str:
        """The issued ClientID, or empty for a connection with the DeviceSecret."""
        return self.params.client_id if isinstance(self.params, TokenParams) else ""


class KnownDevice(NamedTuple):
    pk: int
    product_id: int
    device_name: str
    iot_id: str
    sealed_secret: str

    def __repr__(self) -> str:
        return f"<KnownDevice {self.pk} {self.device_name}>"


class KnownBinding(NamedTuple):
    client_id: str
    device_id: int
    token_digest: str

    def __repr__(self) -> str:
        return f"<KnownBinding {self.client_id}>"


class Proven(NamedTuple):
    """A request with a good credential of this device; `carrier` carries the data connections of
    its product."""

    request: ConnectionRequest
    device: KnownDevice
    carrier: str


class _KnownProduct(NamedTuple):
    pk: int
    product_key: str
    carrier: str


_PRODUCTS = Prepared(
    _KnownProduct,
    lambda: (
        Product.objects.filter(product_key__among=Param("keys"))
        .order_by()
        .values_list("pk", "product_key", "data_connections")
    ),
)
_DEVICES = Prepared(
    KnownDevice,
    lambda: (
        Device.objects.filter(
            Among(Unindexed("product_id"), Param("products")), device_name__among=Param("names")
        )
        .order_by()
        .values_list(
            "pk", "product_id", "device_name", "iot_id", Cast("device_secret", TextField())
        )
    ),
)
_BINDINGS = Prepared(
    KnownBinding,
    lambda: ClientBinding.objects.filter(client_id__among=Param("client_ids")).values_list(
        "client_id", "device_id", "token_digest"
    ),
)

Products = dict[str, _KnownProduct]  # by ProductKey
Devices = dict[tuple[int, str], KnownDevice]  # by product and DeviceName
Bindings = dict[str, KnownBinding]  # by ClientID


def prove(requests: Sequence[ConnectionRequest]) -> list[Proven | Refused]:
    """In order. The credential is all that is looked at; what it does not prove is not told."""
    keys, names = {r.params.product_key for r in requests}, {r.params.device_name for r in requests}
    products = {product.product_key: product for product in _PRODUCTS(keys=keys)}
    known = _DEVICES(products=[product.pk for product in products.values()], names=names)
    devices = {(device.product_id, device.device_name): device for device in known}
    bindings = _bindings(requests)
    return [_prove(request, products, devices, bindings) for request in requests]


def _bindings(requests: Iterable[ConnectionRequest]) -> Bindings:
    client_ids = {request.client_id for request in requests} - {""}
    if not client_ids:
        return {}
    return {binding.client_id: binding for binding in _BINDINGS(client_ids=client_ids)}


def _prove(
    request: ConnectionRequest, products: Products, devices: Devices, bindings: Bindings
) -> Proven | Refused:
    params = request.params
    product = products.get(params.product_key)
    device = devices.get((product.pk, params.device_name)) if product else None
    if isinstance(params, TokenParams):
        proven = _token_is_good(request, device, bindings.get(params.client_id))
    else:
        proven = _signature_is_good(request, params, device)
    if device is None or product is None:
        return Refused("unknown_device")
    return Proven(request, device, product.carrier) if proven else Refused("bad_credential")


def _signature_is_good(
    request: ConnectionRequest, params: SignatureParams, device: KnownDevice | None
) -> bool:
    secret = decrypt(device.sealed_secret) if device else decoy_secret()
    return signing.verify(params.sign_method, secret, params.content, request.password)


def _token_is_good(
    request: ConnectionRequest, device: KnownDevice | None, binding: KnownBinding | None
) -> bool:
    matches = token_matches(request.password, binding.token_digest if binding else _NO_DIGEST)
    return bool(matches and binding and device and binding.device_id == device.pk)
