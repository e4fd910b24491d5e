"""Everything worth telling about one device, as one value. Read only; holds no secret."""

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from common.errors import NotFoundError
from devices.device_state import state_of, with_product, with_state
from devices.models import ClientBinding, Device, DeviceState, Session


@dataclass(frozen=True, slots=True)
class ClientIdFacts:
    """A ClientID in use. `connected` tells whether the current connection is its."""

    client_id: str
    issued_at: datetime
    first_connected_at: datetime | None
    connected: bool

    def __str__(self) -> str:
        first = self.first_connected_at
        since = f"first connected {first:%Y-%m-%d %H:%M:%S %Z}" if first else "never connected"
        return f"{self.client_id} ({since}{', connected now' if self.connected else ''})"


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """`address` and `sdk` are those of the current connection, empty when there is none."""

    product_key: str
    device_name: str
    nickname: str
    iot_id: str
    state: DeviceState
    preregistered: bool
    created_at: datetime
    registered_at: datetime | None
    activated_at: datetime | None
    secret_blocked: bool
    registration_refused: bool
    address: str
    sdk: str
    client_ids: list[ClientIdFacts]

    def as_data(self) -> dict[str, Any]:
        """Plain values under the field names, for JSON."""
        return dataclasses.asdict(self)


def device_facts(product_key: str, device_name: str) -> DeviceFacts:
    """Raises NotFoundError."""
    found = with_product(Device.objects.all())
    try:
        device = with_state(found).get(product__product_key=product_key, device_name=device_name)
    except Device.DoesNotExist as error:
        raise NotFoundError(_("This device does not exist."), field="device_name") from error
    session = device.sessions.filter(ended_at__isnull=True).first()
    return DeviceFacts(
        product_key=product_key,
        device_name=device_name,
        nickname=device.nickname,
        iot_id=device.iot_id,
        state=state_of(device),
        preregistered=device.preregistered,
        created_at=device.created_at,
        registered_at=device.registered_at,
        activated_at=device.activated_at,
        secret_blocked=device.secret_blocked,
        registration_refused=device.registration_refused,
        address=(session and session.address) or "",
        sdk=session.sdk if session else "",
        client_ids=_client_ids(device, session),
    )


def _client_ids(device: Device, session: Session | None) -> list[ClientIdFacts]:
    live: list[ClientBinding] = list(
        device.bindings.filter(voided_at__isnull=True).order_by("issued_at")
    )
    return [
        ClientIdFacts(
            client_id=binding.client_id,
            issued_at=binding.issued_at,
            first_connected_at=binding.first_connected_at,
            connected=session is not None and session.client_id == binding.client_id,
        )
        for binding in live
    ]
