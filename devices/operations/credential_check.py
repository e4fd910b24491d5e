"""Check a connection's credential before anything is locked.

PostgreSQL writes a lock to disk before it commits, and the time this takes would tell strangers
which devices exist. What is refused here costs the same whatever it names: the same statements and
calls, with the row of a decoy where there is no such device or ClientID.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from common.crypto.encrypted_fields import decrypt
from devices.credential_lookup import (
    FoundBinding,
    FoundDevice,
    bindings_or_decoys,
    devices_or_decoys,
)
from devices.credentials import decoy_secret, token_matches
from devices.operations.refusal import Refused
from logs.reasons import Reason
from protocol import signing
from protocol.client_id import SignatureParams, TokenParams
from protocol.redaction import Sent

# What a token is compared with while there is no ClientID at all.
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
    broker: str = ""  # that asks, one of products.broker_topics
    connection: str = ""  # what the broker's connection is known by

    @property
    def name(self) -> tuple[str, str]:
        return self.params.product_key, self.params.device_name

    @property
    def client_id(self) -> str:
        """The issued ClientID, or empty for a connection with the DeviceSecret."""
        return self.params.client_id if isinstance(self.params, TokenParams) else ""


class Proven(NamedTuple):
    """A request with a good credential of this device; `carrier` carries the data connections of
    its product."""

    request: ConnectionRequest
    device: FoundDevice
    carrier: str


Devices = Mapping[tuple[str, str], FoundDevice]  # by ProductKey and DeviceName
Bindings = Mapping[str, FoundBinding]  # by ClientID


def prove(requests: Sequence[ConnectionRequest]) -> list[Proven | Refused]:
    """In order. The credential is all that is looked at; what it does not prove is not told."""
    devices = devices_or_decoys([request.name for request in requests])
    bindings = bindings_or_decoys([r.client_id for r in requests if r.client_id])
    return [_prove(request, devices, bindings) for request in requests]


def _prove(request: ConnectionRequest, devices: Devices, bindings: Bindings) -> Proven | Refused:
    params, device = request.params, devices.get(request.name)
    if isinstance(params, TokenParams):
        proven = _token_is_good(request, device, bindings.get(params.client_id))
    else:
        proven = _signature_is_good(request, params, device)
    if device is None or not device.exists:
        return Refused(Reason.UNKNOWN_DEVICE)
    return Proven(request, device, device.carrier) if proven else Refused(Reason.BAD_CREDENTIAL)


def _signature_is_good(
    request: ConnectionRequest, params: SignatureParams, device: FoundDevice | None
) -> bool:
    secret = decrypt(device.sealed_secret) if device else decoy_secret()
    return signing.verify(params.sign_method, secret, params.content, request.password)


def _token_is_good(
    request: ConnectionRequest, device: FoundDevice | None, binding: FoundBinding | None
) -> bool:
    matches = token_matches(request.password, binding.token_digest if binding else _NO_DIGEST)
    if not (matches and binding and binding.exists and device):
        return False
    return binding.device_id == device.pk
