"""The files without which a backup opens nothing, and whether the keys fit."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from django.conf import settings
from django.db import models

from devices.models import Device, FleetPart
from iotconsole.copying import CopyError
from iotconsole.copying.tables import CHUNK, Table
from iotconsole.first_run import SECRETS_FILE
from iotconsole.kit.encryption import DecryptionError, Keyring
from iotconsole.kit.files import write_atomically
from operators.models import AccessKey
from products.models import Product

# What is moved out of the way is kept under its name with this behind.
SET_ASIDE = ".before-restore"
# Columns that FIELD_KEYS seal, wherever they are not empty.
_SEALED: Sequence[tuple[type[models.Model], str]] = (
    (Product, "product_secret"),
    (Product, "previous_secret_sealed"),
    (Device, "device_secret"),
    (AccessKey, "secret"),
    (FleetPart, "payload"),
)


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
    keyring = Keyring(keys)
    for model, name in _SEALED:
        for sealed in _sealed(model, name):
            try:
                keyring.open(sealed)
            except DecryptionError:
                raise CopyError(
                    f"{model._meta.db_table}.{name} fits none of FIELD_KEYS. They are not in the "
                    "backup when the environment gave them: set those it was made with."
                ) from None


def _sealed(model: type[models.Model], name: str) -> Iterator[bytes]:
    column = next(c for c in Table.of(model).columns if c.name == name)
    stored = models.ExpressionWrapper(models.F(name), output_field=column.stored)
    values = model._base_manager.order_by().values_list(stored, flat=True)
    for value in values.iterator(chunk_size=CHUNK):
        if value:
            yield value.encode() if isinstance(value, str) else bytes(value)
