"""A console with the demonstration data, served to a browser on this machine."""

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.test import Client
from django.utils import timezone

from common.ops.periodic_tasks import periodic_tasks
from devices.device_state import compromised
from devices.models import Device
from operators.models import Operator, Role
from operators.step_up_sessions import remember
from tests.console.pages import every_page
from tests.console.seed import (
    ask_for_a_batch,
    ask_for_a_job,
    give_a_fleet,
    invite_somebody,
    keep_a_filter,
    make_access_keys,
)
from tests.operators.people import CHEN_PHONE, person


class QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the inherited name
        """Requests for pictures are nothing to report."""


@contextmanager
def exhibition() -> Iterator[tuple[dict[str, str], Callable[[], str]]]:
    """URLs of all pages by name, and what gives the session of somebody who may see them all."""
    settings.SMS_BACKEND = "console"
    call_command("migrate", verbosity=0)
    call_command("demo", stdout=io.StringIO())
    for each in periodic_tasks():
        each.run(timezone.now())
    visitor = person("chen", Role.ADMIN, CHEN_PHONE)
    keep_a_filter(visitor)
    invite_somebody()
    make_access_keys(visitor)
    client = Client()
    client.force_login(visitor)
    with ThreadedWSGIServer(("127.0.0.1", 0), QuietHandler) as server:
        server.set_app(get_wsgi_application())
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield (
            _pages(f"http://127.0.0.1:{server.server_address[1]}"),
            lambda: _session(client, visitor),
        )
        server.shutdown()


def _pages(root: str) -> dict[str, str]:
    cloned = compromised(Device.objects.select_related("product")).first()
    if cloned is None:
        raise LookupError("the demonstration has a cloned device")
    ask_for_a_job(cloned.product)
    ask_for_a_batch(cloned.product)
    give_a_fleet()
    return {name: root + path for name, path in every_page(cloned.product, cloned).items()}


def _session(client: Client, visitor: Operator) -> str:
    """With a fresh confirmation, so that for five minutes dangerous acts show their own dialog."""
    session = client.session
    remember(session, visitor)
    session.save()
    return str(session.session_key)
