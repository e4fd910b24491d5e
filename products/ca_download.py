"""The public certificate of the CA that signs this server's certificates."""

import re
from pathlib import Path

from django.conf import settings

_CERTIFICATE = re.compile(
    r"-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n"
)


def read_ca_certificate() -> str:
    """PEM certificates of `DATA_DIR/pki/ca.pem`; empty while there is none.

    Nothing but certificates leaves this function, whatever else the file may hold.
    """
    path: Path = settings.DATA_DIR / "pki" / "ca.pem"
    try:
        return "".join(_CERTIFICATE.findall(path.read_text(encoding="ascii", errors="replace")))
    except OSError:
        return ""
