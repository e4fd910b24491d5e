"""manage.py certificates: make or renew the listener's certificates."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from registration.certificate_names import certificate_names
from registration.pki import PkiError, ensure_certificates


class Command(BaseCommand):
    help = (
        "Make the local CA and the server certificates in DATA_DIR/pki, or renew the server "
        "certificates that are due. The CA is never made anew."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--force", action="store_true", help="renew the server certificates now"
        )
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            names = certificate_names(settings.PUBLIC_HOST, settings.CERTIFICATE_NAMES)
            issued = ensure_certificates(settings.DATA_DIR / "pki", names, force=options["force"])
        except ValueError as error:
            raise CommandError(f"PUBLIC_HOST or CERTIFICATE_NAMES: {error}.") from error
        except (PkiError, OSError) as error:
            raise CommandError(str(error)) from error
        report = {
            "ca": str(issued.ca),
            "expires": issued.expires.isoformat(),
            "names": sorted([*names.dns, *map(str, names.addresses)]),
            "renewed": list(issued.renewed),
        }
        if options["json"]:
            self.stdout.write(json.dumps(report))
        elif issued.renewed and options["verbosity"] > 0:
            self.stdout.write(
                f"Certificates for {', '.join(report['names'])}, valid until "
                f"{issued.expires:%Y-%m-%d}. Devices trust {issued.ca}"
            )
