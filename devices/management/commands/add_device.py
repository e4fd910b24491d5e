"""`manage.py add_device PRODUCT_KEY DEVICE_NAME`"""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from common.errors import OperationError
from common.ops.management import Answer, ShellCommand
from devices.operations.add import add_device
from operators.actor import SHELL


class Command(ShellCommand):
    help = "Add a device and print its DeviceSecret."

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("product_key", metavar="PRODUCT_KEY")
        parser.add_argument(
            "device_name", metavar="DEVICE_NAME", help="4 to 32 of letters, digits and - _ @ . :"
        )
        parser.add_argument("--nickname", default="", help="An alias, 4 to 64 characters.")

    def act(self, options: Mapping[str, Any]) -> Answer:
        name = options["device_name"]
        if not name.strip():
            raise OperationError("The DeviceName is empty.", field="device_name")
        device = add_device(SHELL, options["product_key"], name, nickname=options["nickname"])
        words = (
            f"Added device {device.device_name}; its state is Inactive.\n"
            f"  DeviceSecret  {device.device_secret}\n"
            f"  IotId         {device.iot_id}"
        )
        data = {
            "product_key": options["product_key"],
            "device_name": device.device_name,
            "device_secret": device.device_secret,
            "iot_id": device.iot_id,
        }
        return Answer(words, data)
