import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

from common.web.machine_requests import ONLY_MACHINES
from common.web.request_heads import tamed

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iotconsole.settings")

_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The console and the machine endpoints."""
    return _django(tamed(environ), start_response)


# What a proxy says of a request. On the port of the devices nobody stands in front of us, so there
# it is the device that says it.
_OF_PROXIES = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO")


def machines(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The same application for the port of the devices: it shows nobody the console."""
    own = {name: value for name, value in environ.items() if name not in _OF_PROXIES}
    return application({**own, ONLY_MACHINES: True}, start_response)


def machines_behind_proxy(
    environ: dict[str, Any], start_response: Callable[..., Any]
) -> Iterable[bytes]:
    """The same behind a proxy of ours, which says whose a request is (BEHIND_TLS_PROXY)."""
    return application({**environ, ONLY_MACHINES: True}, start_response)
