"""Objects of the demonstration in the database."""

from devices.models import Device
from iotconsole.demo.scenario import LAMPS, MARK, SENSORS
from iotconsole.demo.week import METERS
from mqtt.simulator.firmware import Firmware
from products.models import Product
from protocol.client_id import RegistrationMode


def demo_products() -> list[Product]:
    """The demonstration's products, as far as they exist. Nobody else's: their text says so."""
    names = [LAMPS, SENSORS, METERS]
    return list(Product.objects.filter(name__in=names, description=MARK).order_by("pk"))


def demo_firmwares() -> list[Firmware]:
    """One per device of the demonstration, in the mode its product uses."""
    devices = Device.objects.filter(product__in=demo_products()).select_related("product")
    return [
        Firmware(
            device.product.product_key,
            device.product.product_secret,
            device.device_name,
            RegistrationMode.REGISTER if device.preregistered else RegistrationMode.REGNWL,
        )
        for device in devices
    ]
