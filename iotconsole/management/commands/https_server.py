"""manage.py https_server: serve devices and back ends over HTTPS until told to stop."""

from typing import Any, cast

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from common.ops.supervisor import Address, SupervisorError, require_free
from iotconsole.https_server import HttpsServer
from registration.pki import PkiError, Profile


class Command(BaseCommand):
    help = "Serve devices and back ends over HTTPS: registration. The console is not shown there."

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = settings.HTTPS_HOST, settings.HTTPS_PORT
        try:
            require_free([Address(host, port, "HTTPS_PORT")])
            server = HttpsServer(
                host, port, settings.DATA_DIR / "pki", cast("Profile", settings.MQTT_TLS_PROFILE)
            )
        except (PkiError, SupervisorError) as error:
            raise CommandError(str(error)) from error
        # The workers are forked from here, and each needs connections of its own.
        connections.close_all()
        server.run()
