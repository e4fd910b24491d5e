"""CONNECT packets as the SDKs send them."""

from devices.models import Device
from products.models import Product
from protocol import mqtt, signing
from protocol.client_id import RegistrationMode
from protocol.signing import SignMethod
from registration.operations.client_id_slots import ClientIdIssued

METHOD = SignMethod.HMACSHA256
RANDOM = "567345"


def registration_connect(
    product: Product,
    device_name: str,
    mode: RegistrationMode = RegistrationMode.REGNWL,
    *,
    secret: str | None = None,
    keepalive: int = 1200,
) -> bytes:
    """As the C SDK v4 asks (protocol.md 4.1); `secret` in place of the product's own."""
    content = signing.registration_content(device_name, product.product_key, RANDOM)
    signature = signing.sign(METHOD, secret or product.product_secret, content).upper()
    client_id = (
        f"{device_name}.{product.product_key}|random={RANDOM},authType={mode.value},"
        f"securemode=2,signmethod={METHOD.value}|"
    )
    username = f"{device_name}&{product.product_key}"
    return mqtt.connect(client_id, username, signature, keepalive=keepalive)


def signed_connect(
    device: Device,
    *,
    secret: str | None = None,
    keepalive: int = 60,
    protocol_level: int = mqtt.LEVEL_311,
) -> bytes:
    """A connection with the DeviceSecret, or with `secret` in its place."""
    product_key, device_name = device.product.product_key, device.device_name
    base = f"{product_key}.{device_name}"
    content = signing.connection_content(base, device_name, product_key, "2524608000000")
    signature = signing.sign(METHOD, secret or device.device_secret, content)
    client_id = (
        f"{base}|timestamp=2524608000000,_ss=1,_v=sdk-c-4.2.0,securemode=2,"
        f"signmethod={METHOD.value},ext=3,|"
    )
    return mqtt.connect(
        client_id,
        f"{device_name}&{product_key}",
        signature,
        keepalive=keepalive,
        protocol_level=protocol_level,
    )


def token_connect(
    product: Product, device_name: str, issued: ClientIdIssued, *, keepalive: int = 60
) -> bytes:
    """A connection with the ClientID and DeviceToken of a preregistration-free device."""
    client_id = f"{issued.client_id}|authType=connwl,securemode=-2,_ss=1,ext=3,_v=sdk-c-4.2.0|"
    username = f"{device_name}&{product.product_key}"
    return mqtt.connect(client_id, username, issued.device_token, keepalive=keepalive)
