"""The files without which a backup opens nothing, and whether the keys fit."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from django.conf import settings

from common.crypto.encrypted_fields import fits
from common.ops.files import write_atomically
from iotconsole.bootstrap_secrets import SECRETS_FILE
from iotconsole.encrypted_columns import sealed_columns
from iotconsole.transfer import CopyError

# What is moved out of the way is kept under its name with this behind.
SET_ASIDE = ".before-restore"


def files_to_keep(directory: Path) -> Iterator[tuple[str, bytes]]:
    """Secrets and certificates of DATA_DIR, by their paths below it."""
    for file in [directory / SECRETS_FILE, *sorted((directory / "pki").glob("*"))]:
        if file.is_file():
            yield file.relative_to(directory).as_posix(), file.read_bytes()


def put_files(directory: Path, files: Mapping[str, bytes]) -> None:
    """Write them, readable by their owner only. What differs is kept beside, under another name."""
    for name, content in files.items():
        file = directory / name
        if file.exists() and file.read_bytes() != content:
            file.rename(file.with_name(file.name + SET_ASIDE))
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(file, content)


def keys_afterwards(directory: Path, files: Mapping[str, bytes]) -> list[str]:
    """FIELD_KEYS as the next start will read them: the environment goes before secrets.env."""
    file = directory / SECRETS_FILE
    present = _field_keys(file.read_text() if file.exists() else "")
    from_backup = _field_keys(files.get(SECRETS_FILE, b"").decode())
    from_environment = present != settings.FIELD_KEYS
    return settings.FIELD_KEYS if from_environment or not from_backup else from_backup


def _field_keys(text: str) -> list[str]:
    found = re.search(r"^(?:export )?FIELD_KEYS\s*=\s*(.*)$", text, re.MULTILINE)
    value = found[1].strip().strip("'\"") if found else ""
    return [part.strip() for part in value.split(",") if part.strip()]


def require_fit(keys: Sequence[str]) -> None:
    """Open every stored secret. Raises CopyError at the first that fits none of the keys."""
    for column in sealed_columns():
        last = 0
        while rows := column.after(last):
            if not all(fits(value, keys) for _, value in rows):
                raise CopyError(
                    f"{column} fits none of FIELD_KEYS. They are not in the backup when the "
                    "environment gave them: set those it was made with."
                )
            last = rows[-1][0]
