"""The file of a backup: a ZIP with one table in each member, the keys, and a list of contents.

`tables/NAME.jsonl` has a row per line, `files/…` is what stood in DATA_DIR, and `manifest.json`
says what has to be there and which migrations made the tables.
"""

import contextlib
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import Any

from iotconsole.transfer import CopyError
from iotconsole.transfer.loader import Written
from iotconsole.transfer.tables import Digest, Row, Table

FORMAT = 1
_MANIFEST = "manifest.json"


class Writing:
    """A backup being written."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._tables: dict[str, dict[str, Any]] = {}
        self._files: list[str] = []

    def add_table(self, table: Table, rows: Iterable[Row], last: int) -> int:
        digest = Digest()
        with (
            self._archive.open(_member(table), "w", force_zip64=True) as raw,
            io.TextIOWrapper(raw, "utf-8", errors="surrogatepass", newline="\n") as output,
        ):
            for row in rows:
                output.write(digest.add(row) + "\n")
        self._tables[table.name] = asdict(Written(digest.count, digest.hex, last)) | {
            "columns": [column.name for column in table.columns]
        }
        return digest.count

    def add_file(self, name: str, content: bytes) -> None:
        """`name` is its path below DATA_DIR."""
        self._archive.writestr(f"files/{name}", content)
        self._files.append(name)

    def finish(self, migrations: Iterable[str], made_at: str) -> None:
        manifest = {
            "format": FORMAT,
            "made_at": made_at,
            "migrations": sorted(migrations),
            "tables": self._tables,
            "files": self._files,
        }
        self._archive.writestr(_MANIFEST, json.dumps(manifest, indent=1))


@contextlib.contextmanager
def writing(file: Path) -> Iterator[Writing]:
    """The file gets its name when all is written, and is for its owner only. Raises OSError."""
    descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(descriptor, "wb") as output:
            with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
                yield Writing(archive)
            output.flush()
            os.fsync(descriptor)
        Path(temporary).rename(file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


class Backup:
    """A backup that is read: a source of rows."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._manifest: Mapping[str, Any] = json.loads(archive.read(_MANIFEST))
        if self._manifest.get("format") != FORMAT:
            raise CopyError("The backup has a format that this version does not know.")

    @property
    def migrations(self) -> set[str]:
        return set(self._manifest["migrations"])

    @property
    def made_at(self) -> str:
        return str(self._manifest["made_at"])

    def files(self) -> dict[str, bytes]:
        """By their paths below DATA_DIR."""
        return {_safe(name): self._archive.read(f"files/{name}") for name in self._files}

    @property
    def _files(self) -> list[str]:
        return list(self._manifest["files"])

    def rows(self, table: Table) -> Iterator[Row]:
        if table.name not in self._manifest["tables"]:
            return
        with self._archive.open(_member(table)) as lines:
            for line in lines:
                yield json.loads(line.decode(errors="surrogatepass"))

    def written(self, table: Table) -> Written:
        said = self._manifest["tables"].get(table.name)
        if said is None:
            # What a backup leaves out (backup.py) is empty afterwards.
            return Written(0, Digest().hex, 0)
        return Written(said["count"], said["digest"], said["last"])


@contextlib.contextmanager
def reading(file: Path) -> Iterator[Backup]:
    """Raises CopyError when it is no backup, or a damaged one."""
    try:
        with file.open("rb") as content, zipfile.ZipFile(content) as archive:
            yield Backup(archive)
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
        kind = type(error).__name__
        raise CopyError(f"{file} is not a backup, or is damaged ({kind}).") from None
    except OSError as error:
        raise CopyError(f"{file} cannot be read: {error.strerror or error}.") from None


def _member(table: Table) -> str:
    return f"tables/{table.name}.jsonl"


def _safe(name: str) -> str:
    """A path that stays below the directory it is put into."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise CopyError("The backup names a file outside of DATA_DIR.")
    return str(path)
