"""Which requests are those of machines, and what answers them."""

from collections.abc import Sequence
from typing import ClassVar

from iotconsole import openapi
from iotconsole.kit.machines import Endpoint, MachineMiddleware


class MachineEndpoints(MachineMiddleware):
    """The first middleware of the settings."""

    endpoints: ClassVar[Sequence[Endpoint]] = (Endpoint(openapi.is_call, openapi.answer),)
