"""Ready-made products, devices and requests."""

import itertools
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from devices.models import Device
from devices.operations.add import add_device
from devices.operations.authenticate import ConnectionRequest, authenticate
from devices.operations.authenticate import Outcome as ConnectionOutcome
from operators.actor import SHELL
from operators.confirmation import Confirmed
from products.models import Product
from products.operations.manage import create_product
from products.registration_window import Window
from protocol import signing
from protocol.client_id import (
    RegistrationMode,
    RegistrationParams,
    SignatureParams,
    TokenParams,
)
from protocol.signing import SignMethod
from registration.operations.client_id_slots import ClientIdIssued
from registration.operations.dynamic_registration import purpose_of, set_dynamic_registration
from registration.operations.proof import RegistrationRequest
from registration.operations.register import (
    Outcome,
    SecretIssued,
    register,
)

LISTENER = UUID(int=1)
_numbers = itertools.count(1)


def make_product(*, open_registration: bool = True) -> Product:
    """A product whose switch stands where wished, without the confirmation it takes."""
    product = create_product(SHELL, f"product-{next(_numbers)}")
    if open_registration:
        Product.objects.filter(pk=product.pk).update(dynamic_registration=True)
        product.refresh_from_db()
    return product


def open_window(product: Product, window: Window) -> Product:
    """Turn the switch on with limits."""
    confirmed = Confirmed.by_shell(purpose_of(product, enabled=True, window=window))
    return set_dynamic_registration(product, enabled=True, confirmed=confirmed, window=window)


def make_device(product: Product, device_name: str = "") -> Device:
    return add_device(SHELL, product.product_key, device_name)


def registration(
    product: Product,
    device_name: str,
    mode: RegistrationMode = RegistrationMode.REGNWL,
    *,
    key: str | None = None,
    random: str = "1234",
    address: str | None = "192.0.2.7",
) -> RegistrationRequest:
    """A request as a device signs it; `key` in place of the ProductSecret makes a wrong one."""
    params = RegistrationParams(
        mode=mode,
        product_key=product.product_key,
        device_name=device_name,
        random=random,
        sign_method=SignMethod.HMACSHA256,
    )
    signature = signing.sign(SignMethod.HMACSHA256, key or product.product_secret, params.content)
    return RegistrationRequest(
        params=params, signature=signature.encode(), trace_id=uuid4().hex[:16], address=address
    )


def register_now(*requests: RegistrationRequest, now: datetime | None = None) -> list[Outcome]:
    with transaction.atomic():
        return register(requests, now or timezone.now())


def register_one(
    product: Product,
    device_name: str,
    mode: RegistrationMode = RegistrationMode.REGNWL,
    *,
    now: datetime | None = None,
) -> Outcome:
    return register_now(registration(product, device_name, mode), now=now)[0]


def issued_client_id(product: Product, device_name: str, **options: datetime) -> ClientIdIssued:
    outcome = register_one(product, device_name, RegistrationMode.REGNWL, **options)
    assert isinstance(outcome, ClientIdIssued), outcome
    return outcome


def issued_secret(product: Product, device_name: str) -> str:
    outcome = register_one(product, device_name, RegistrationMode.REGISTER)
    assert isinstance(outcome, SecretIssued), outcome
    return outcome.device_secret


def signed_connection(
    product_key: str, device_name: str, device_secret: str, *, listener: UUID = LISTENER
) -> ConnectionRequest:
    params = SignatureParams(
        product_key=product_key,
        device_name=device_name,
        client_id_base=f"{product_key}.{device_name}",
        sign_method=SignMethod.HMACSHA256,
        timestamp="2524608000000",
        sdk="sdk-c-4.2.0",
    )
    signature = signing.sign(SignMethod.HMACSHA256, device_secret, params.content)
    return ConnectionRequest(
        params=params,
        password=signature.encode(),
        trace_id=uuid4().hex[:16],
        listener=listener,
        address="192.0.2.8",
    )


def token_connection(
    product_key: str, device_name: str, issued: ClientIdIssued, *, listener: UUID = LISTENER
) -> ConnectionRequest:
    params = TokenParams(
        product_key=product_key,
        device_name=device_name,
        client_id=issued.client_id,
        sdk="sdk-c-4.2.0",
    )
    return ConnectionRequest(
        params=params,
        password=issued.device_token.encode(),
        trace_id=uuid4().hex[:16],
        listener=listener,
        address="192.0.2.8",
    )


def connect_now(
    *requests: ConnectionRequest, now: datetime | None = None
) -> list[ConnectionOutcome]:
    with transaction.atomic():
        return authenticate(requests, now or timezone.now())


def connect_by_secret(device: Device, *, listener: UUID = LISTENER) -> ConnectionOutcome:
    return connect_now(
        signed_connection(
            device.product.product_key, device.device_name, device.device_secret, listener=listener
        )
    )[0]


def connect_by_token(
    product: Product, device_name: str, issued: ClientIdIssued, *, listener: UUID = LISTENER
) -> ConnectionOutcome:
    request = token_connection(product.product_key, device_name, issued, listener=listener)
    return connect_now(request)[0]
