import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

from iotconsole.kit.machines import ONLY_MACHINES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iotconsole.settings")

application = get_wsgi_application()


def machines(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The same application for the port of the devices: it shows nobody the console."""
    return application({**environ, ONLY_MACHINES: True}, start_response)
