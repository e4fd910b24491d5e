"""python -m iotconsole.bootstrap_secrets: write DATA_DIR/secrets.env, once.

Runs before Django can: the settings refuse to start without these secrets. Standard library only.
"""

import base64
import os
import re
import secrets
import sys
from pathlib import Path

from common.ops.files import locked, write_atomically

BASE_DIR = Path(__file__).resolve().parent.parent
SECRETS_FILE = "secrets.env"
HEADER = (
    "# Written at first run. Without FIELD_KEYS nobody can read the stored ProductSecrets and\n"
    "# DeviceSecrets: keep a copy of this file, apart from the database.\n"
)


def new_secrets() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        # What cryptography.fernet.Fernet takes: 32 bytes in URL-safe base64.
        "FIELD_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "CODE_DIGEST_KEY": secrets.token_urlsafe(32),
    }


def ensure_secrets(directory: Path) -> list[str]:
    """Add to the file what neither it nor the environment has; returns the names added.

    What is there is never changed. `directory` is made for its owner only.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = directory / SECRETS_FILE
    with locked(directory):
        written = file.read_text() if file.exists() else HEADER
        missing = {
            name: value
            for name, value in new_secrets().items()
            if not _is_given(name)
            and not re.search(rf"^(export )?{name}\s*=", written, re.MULTILINE)
        }
        if missing:
            lines = "".join(f"{name}={value}\n" for name, value in missing.items())
            separator = "" if written.endswith("\n") else "\n"
            write_atomically(file, (written + separator + lines).encode())
    return list(missing)


def _is_given(name: str) -> bool:
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def main() -> None:
    directory = Path(os.environ.get("DATA_DIR") or BASE_DIR / "var").resolve()
    try:
        added = ensure_secrets(directory)
    except OSError as error:
        sys.exit(f"DATA_DIR ({directory}) cannot be used: {error.strerror}.")
    if added:
        sys.stdout.write(f"Wrote {', '.join(added)} to {directory / SECRETS_FILE}\n")


if __name__ == "__main__":
    main()
