"""Lets things happen at a time in the past, through the operations that do them for real.

Use it inside one transaction, and in the order of time: lists go by id.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from common.crypto.identifiers import trace_id
from devices.models import ClientBinding, Device
from devices.operations.add import add_device
from devices.operations.authenticate import Admitted, ConnectionRequest, authenticate
from devices.operations.sessions import SessionEnd, end_sessions
from logs.models import LogEntry, ServiceType
from logs.operations import log_writer
from logs.reasons import Reason
from mqtt.simulator.firmware import TIMESTAMP, Credential, SecretCredential, TokenCredential
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
from registration.operations.register import SecretIssued, register
from registration.operations.rotate_secret import Overlap, rotate_secret, rotation_purpose

_METHOD = SignMethod.HMACSHA256


class StoryError(Exception):
    """Something went otherwise than the story has it."""


@dataclass(eq=False)
class Unit:
    """One physical device. `credential` is what it received when it registered."""

    product_key: str
    product_secret: str = field(repr=False)
    device_name: str
    mode: RegistrationMode
    address: str
    sdk: str = "sdk-c-4.2.0"
    credential: Credential | None = None
    trace_id: str = ""
    story: str = ""
    device_id: int = 0

    @property
    def client_id(self) -> str:
        """The issued ClientID, empty without one."""
        return self.credential.client_id if isinstance(self.credential, TokenCredential) else ""


class Stage:
    """Stage on which everything happens at `moment`."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment
        # The listener of the past; it is not announced, for it is gone.
        self._listener = uuid4()

    def create_product(self, name: str, description: str) -> Product:
        product = create_product(SHELL, name, description=description)
        Product.objects.filter(pk=product.pk).update(created_at=self.moment)
        return product

    def turn(self, product: Product, *, on: bool, window: Window | None = None) -> None:
        """Turn Dynamic Registration."""
        window = window or Window()
        with self._backdated(product.product_key):
            confirmed = Confirmed.by_shell(purpose_of(product, enabled=on, window=window))
            set_dynamic_registration(product, enabled=on, confirmed=confirmed, window=window)
        Product.objects.filter(pk=product.pk).update(dynamic_registration_changed_at=self.moment)

    def rotate_secret(self, product: Product, overlap: Overlap) -> None:
        with self._backdated(product.product_key):
            confirmed = Confirmed.by_shell(rotation_purpose(product, overlap))
            rotate_secret(product, confirmed=confirmed, overlap=overlap)
        Product.objects.filter(pk=product.pk).update(secret_rotated_at=self.moment)

    def add(self, product: Product, device_name: str, nickname: str = "") -> None:
        with self._backdated(product.product_key):
            device = add_device(SHELL, product.product_key, device_name, nickname=nickname)
        Device.objects.filter(pk=device.pk).update(created_at=self.moment)

    def act(
        self, operation: Callable[..., Any], unit: Unit, *arguments: str, **options: Any
    ) -> None:
        """An operator does something to the device of `unit`."""
        with self._backdated(unit.product_key):
            operation(SHELL, unit.product_key, unit.device_name, *arguments, **options)
        voided = ClientBinding.objects.filter(
            device__product__product_key=unit.product_key,
            device__device_name=unit.device_name,
            voided_at__gt=self.moment,
        )
        voided.update(voided_at=self.moment)

    def register(self, *units: Unit, refused: str = "") -> None:
        """`units` ask to be activated; `refused` is the reason for which they are to be refused."""
        outcomes = register([_registration(unit) for unit in units], self.moment)
        for unit, outcome in zip(units, outcomes, strict=True):
            _expect(getattr(outcome, "reason", ""), refused)
            if isinstance(outcome, ClientIdIssued):
                unit.credential = TokenCredential(outcome.client_id, outcome.device_token)
            elif isinstance(outcome, SecretIssued):
                unit.credential = SecretCredential(outcome.device_secret)
        Device.objects.filter(
            product__product_key__in={unit.product_key for unit in units},
            device_name__in=[unit.device_name for unit in units],
            created_at__gt=self.moment,
        ).update(created_at=self.moment)

    def connect(self, *units: Unit, refused: str = "") -> None:
        """`units` connect with their credentials."""
        outcomes = authenticate([self._connection(unit) for unit in units], self.moment)
        for unit, outcome in zip(units, outcomes, strict=True):
            unit.story = outcome.story
            if isinstance(outcome, Admitted):
                unit.device_id = outcome.device_id
            _expect("" if isinstance(outcome, Admitted) else outcome.reason, refused)

    def _connection(self, unit: Unit) -> ConnectionRequest:
        unit.trace_id = trace_id()
        params, password = _credentials(unit)
        return ConnectionRequest(params, password, unit.trace_id, self._listener, unit.address)

    def disconnect(self, reason: Reason, *units: Unit) -> None:
        """End their connections."""
        end_sessions([self._end(unit, reason) for unit in units], self.moment)

    def _end(self, unit: Unit, reason: Reason) -> SessionEnd:
        return SessionEnd(
            trace_id=unit.trace_id,
            device_id=unit.device_id,
            listener=self._listener,
            reason=reason,
            product_key=unit.product_key,
            device_name=unit.device_name,
            client_id=unit.client_id,
            address=unit.address,
            story=unit.story,
        )

    def note(
        self, unit: Unit, service_type: ServiceType, operation: str, reason: Reason, **detail: str
    ) -> None:
        """Log what only a listener sees: a message, a subscription, a malformed request."""
        event = log_writer.Event(
            service_type=service_type,
            operation=operation,
            reason=reason,
            trace_id=unit.story,
            connection_id=unit.trace_id or trace_id(),
            product_key=unit.product_key,
            device_name=unit.device_name,
            client_id=unit.client_id,
            address=unit.address,
            detail=detail,
        )
        log_writer.write([event], self.moment)

    @contextmanager
    def _backdated(self, product_key: str) -> Iterator[None]:
        """Operators' acts take the clock's time: put what they log where it belongs."""
        entries = LogEntry.objects.filter(product_key=product_key)
        last = entries.order_by("-pk").values_list("pk", flat=True).first() or 0
        yield
        entries.filter(pk__gt=last).update(at=self.moment)


def _registration(unit: Unit) -> RegistrationRequest:
    params = RegistrationParams(
        mode=unit.mode,
        product_key=unit.product_key,
        device_name=unit.device_name,
        random=str(secrets.randbits(32)),
        sign_method=_METHOD,
        sdk=unit.sdk,
    )
    signature = signing.sign(_METHOD, unit.product_secret, params.content).encode()
    return RegistrationRequest(params, signature, trace_id(), unit.address)


def _credentials(unit: Unit) -> tuple[SignatureParams | TokenParams, bytes]:
    """Return the CONNECT's parameters and password. Without a credential the unit makes one up."""
    if isinstance(unit.credential, TokenCredential):
        token_params = TokenParams(
            product_key=unit.product_key,
            device_name=unit.device_name,
            client_id=unit.client_id,
            sdk=unit.sdk,
        )
        return token_params, unit.credential.device_token.encode()
    secret = unit.credential.device_secret if unit.credential else secrets.token_hex(16)
    params = SignatureParams(
        product_key=unit.product_key,
        device_name=unit.device_name,
        client_id_base=f"{unit.product_key}.{unit.device_name}",
        sign_method=_METHOD,
        timestamp=TIMESTAMP,
        sdk=unit.sdk,
    )
    return params, signing.sign(_METHOD, secret, params.content).encode()


def _expect(reason: str, wanted: str) -> None:
    if reason != wanted:
        raise StoryError(f"expected {wanted or 'acceptance'}, got {reason or 'acceptance'}")
