"""Which requests are those of machines, and what answers them."""

from collections.abc import Sequence
from typing import ClassVar

from iotconsole import openapi
from iotconsole.kit.machines import Endpoint, MachineMiddleware, at
from registration import device_http


class MachineEndpoints(MachineMiddleware):
    """The first middleware of the settings."""

    endpoints: ClassVar[Sequence[Endpoint]] = (
        Endpoint(at(device_http.PATH), device_http.register_device),
        Endpoint(openapi.is_call, openapi.answer),
    )
