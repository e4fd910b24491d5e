"""Which requests are those of machines, and what answers them."""

from collections.abc import Sequence
from typing import ClassVar

from brokers.webhooks import endpoint as webhooks
from common.web.machine_requests import Endpoint, MachineMiddleware, at
from iotconsole import api_bodies, health, rpc_api
from registration.device_http import PATH as REGISTER_DEVICE
from registration.device_http import register_device


class MachineEndpoints(MachineMiddleware):
    """The first middleware of the settings that looks at a request."""

    endpoints: ClassVar[Sequence[Endpoint]] = (
        Endpoint(at(REGISTER_DEVICE), register_device, "registration"),
        Endpoint(webhooks.is_question, webhooks.answer, "webhooks"),
        Endpoint(at(health.ALIVE), health.alive, "health"),
        Endpoint(health.is_readiness, health.ready, "health"),
        Endpoint(rpc_api.is_call, rpc_api.answer, "api", api_bodies.largest_body),
    )
