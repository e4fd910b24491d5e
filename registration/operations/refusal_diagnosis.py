"""Logging a refusal together with what can be found out about it.

It is done when the device has its answer, so that neither code nor timing tells anything, and for
so few refusals that a flood costs nothing. What is found out is a hint in words; neither the
password nor anything computed from it with a secret is kept.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from common.crypto.encrypted_fields import DecryptionError
from devices.models import ClientBinding, Device
from devices.operations import authenticate
from devices.operations.authenticate import ConnectionRequest
from devices.operations.refusal import Refused
from devices.similar_names import nearest_device_name, nearest_product_key
from logs.operations import log_writer
from logs.reasons import Reason
from products.models import Product
from protocol.client_id import RegistrationParams, SignatureParams, TokenParams
from protocol.diagnose import Key, explain_signature
from registration.operations import register
from registration.operations.proof import RegistrationRequest

# Secrets of other products, and devices of the same name, that are tried.
_MOST_OTHERS = 50

# What a password is stripped of that was copied with too much around it.
_PADDING = b' \t\r\n\0"'
_SIGNATURE_LENGTHS = {32, 40, 64}
_HEX = frozenset(b"0123456789abcdefABCDEF")

Found = tuple[tuple[str, ...], str]  # keys of HINTS, and the name they point to


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused request that nobody has logged yet. `examine`: look for what explains it."""

    request: RegistrationRequest | ConnectionRequest
    reason: Reason
    examine: bool

    @property
    def trace_id(self) -> str:
        return self.request.trace_id


def log_refusals(refusals: Sequence[Refusal], now: datetime) -> None:
    """Append all of them to the log."""
    log_writer.write([event_of(refusal) for refusal in refusals], now)


def unexamined(refusal: Refusal) -> Refusal:
    """The same, with nothing to be found out about it."""
    return replace(refusal, examine=False)


def event_of(refusal: Refusal) -> log_writer.Event:
    """How the log tells it, with what can be found out. Reads only, outside any transaction: what
    it takes shall hold up nobody who writes."""
    request, refused = refusal.request, Refused(refusal.reason)
    if isinstance(request, RegistrationRequest):
        event = register.event_of(request, refused)
    else:
        event = authenticate.event_of(request, refused)
    return replace(event, detail={**event.detail, **_hints(refusal)})


def _hints(refusal: Refusal) -> Mapping[str, str]:
    if not refusal.examine:
        return {"hints": "not_examined"}
    try:
        keys, nearest = _found(refusal.request, refusal.reason)
    except DecryptionError:
        return {}  # a secret of FIELD_KEYS that are lost: the refusal is logged all the same
    found = {"hints": " ".join(keys)} if keys else {}
    return found | ({"nearest": nearest} if nearest else {})


def _found(request: RegistrationRequest | ConnectionRequest, reason: Reason) -> Found:
    if reason == Reason.PRODUCT_NOT_FOUND:
        return _product_hint(request.params.product_key)
    if reason in (Reason.UNKNOWN_DEVICE, Reason.DEVICE_NOT_FOUND):
        return _device_hint(request)
    if isinstance(request, RegistrationRequest):
        return _registration_hint(request), ""
    if isinstance(request.params, TokenParams):
        return _token_hint(request.params, request.password)
    return _connection_hint(request, request.params), ""


def _product_hint(product_key: str) -> Found:
    nearest = nearest_product_key(product_key)
    return (("product_nearest",), nearest) if nearest else ((), "")


def _device_hint(request: RegistrationRequest | ConnectionRequest) -> Found:
    product_key, name = request.name
    product = Product.objects.defer("product_secret").filter(product_key=product_key).first()
    if product is None:
        return _product_hint(product_key)
    if Device.objects.filter(product=product, device_name=name).exists():
        return (("device_needs_register",), "")
    if nearest := nearest_device_name(product, name):
        return (("device_nearest",), nearest)
    return (("device_elsewhere",), "") if _namesakes(product_key, name) else ((), "")


def _registration_hint(request: RegistrationRequest) -> tuple[str, ...]:
    product_key, name = request.name
    product = Product.objects.filter(product_key=product_key).first()
    if product is None:  # deleted meanwhile
        return ()
    device = _device(product_key, name)
    keys = [
        Key(product.product_secret),
        *_device_keys(device, "key_device_secret"),
        *_other_products(product),
    ]
    return _signature_hint(request.params, request.signature, keys, _client_id(request))


def _connection_hint(request: ConnectionRequest, params: SignatureParams) -> tuple[str, ...]:
    product_key, name = request.name
    device = _device(product_key, name)
    if device is None:  # deleted meanwhile
        return ()
    digest = hashlib.sha256(request.password.strip(_PADDING)).hexdigest()
    if ClientBinding.objects.filter(device=device, token_digest=digest).exists():
        return ("password_is_token",)
    keys = [
        Key(device.device_secret),
        Key(device.product.product_secret, "key_product_secret"),
        *(Key(d.device_secret, "key_other_device_secret") for d in _namesakes(product_key, name)),
    ]
    return _signature_hint(params, request.password, keys, _client_id(request))


def _signature_hint(
    params: RegistrationParams | SignatureParams,
    presented: bytes,
    keys: Sequence[Key],
    client_id: str,
) -> tuple[str, ...]:
    bare = presented.strip(_PADDING)
    if any(bare == key.secret.encode() for key in keys):
        return ("password_is_secret",)
    return explain_signature(params, presented, keys, client_id) or ("unexplained",)


def _token_hint(params: TokenParams, password: bytes) -> Found:
    """Tokens are known by their digests only, so the one sent is what is changed."""
    bare = password.strip(_PADDING)
    digest = hashlib.sha256(bare).hexdigest()
    binding = (
        ClientBinding.objects.filter(client_id=params.client_id)
        .select_related("device__product")
        .defer("device__device_secret", "device__product__product_secret")
        .first()
    )
    device = _device(params.product_key, params.device_name)
    if device and bare == device.device_secret.encode():
        return ("token_is_device_secret",), ""
    if device and ClientBinding.objects.filter(device=device, token_digest=digest).exists():
        own = binding is not None and binding.token_digest == digest
        return ("token_padded" if own else "token_of_other_client_id",), ""
    if len(bare) in _SIGNATURE_LENGTHS and set(bare) <= _HEX:
        return ("token_is_signature",), ""
    if binding is None:
        return ("client_id_unknown",), ""
    if device is None or binding.device_id != device.pk:
        same = binding.device.product.product_key == params.product_key
        return (("client_id_of_other_device",), binding.device.device_name) if same else ((), "")
    return ("token_wrong",), ""


def _device(product_key: str, device_name: str) -> Device | None:
    found = Device.objects.filter(product__product_key=product_key, device_name=device_name)
    return found.select_related("product").first()


def _device_keys(device: Device | None, hint: str) -> Iterator[Key]:
    if device is not None:
        yield Key(device.device_secret, hint)


def _other_products(product: Product) -> Iterable[Key]:
    others = Product.objects.exclude(pk=product.pk).order_by("-pk")[:_MOST_OTHERS]
    return [Key(other.product_secret, "key_other_product_secret") for other in others]


def _namesakes(product_key: str, device_name: str) -> list[Device]:
    """Devices of the same name under other products."""
    products = Product.objects.exclude(product_key=product_key).values("pk")
    found = Device.objects.filter(product__in=products, device_name=device_name)
    return list(found.order_by("-pk")[:_MOST_OTHERS])


def _client_id(request: RegistrationRequest | ConnectionRequest) -> str:
    return request.sent.client_id if request.sent else ""
