"""All that a thief of the database holds, as one heap of bytes."""

import base64
import contextlib
import re
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core import signing
from django.db import connection


def whole_database() -> bytes:
    """Every table as rows and, with SQLite, every byte of its files; packed values unpacked too."""
    rows = b"\n".join(_rows())
    return rows + b"\n" + (_files() if connection.vendor == "sqlite" else _copied())


def tables() -> list[str]:
    """Also those that no model knows."""
    if connection.vendor == "sqlite":
        asked = "SELECT name FROM sqlite_master WHERE type = 'table'"
    else:
        asked = (
            "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables "
            "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return [name for (name,) in cursor.fetchall()]


def _rows() -> Iterator[bytes]:
    for table in tables():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table}")  # noqa: S608 - names that the database told
            for row in cursor.fetchall():
                yield b"\t".join([table.encode(), *(_bytes(value) for value in row)])


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes | memoryview):
        raw = bytes(value)
    else:
        # JSON and arrays as they are written.
        raw = str(value).encode(errors="surrogatepass")
        raw = re.sub(rb"\\u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)).encode("utf-8"), raw)
    return b"\t".join([raw, *_unpacked(raw)])


def _unpacked(raw: bytes) -> Iterator[bytes]:
    """Unpack data that needs no key: compressed payloads and signed web sessions."""
    with contextlib.suppress(zlib.error):
        yield zlib.decompress(raw)
    if raw.count(b":") == 2:
        packed = raw.split(b":")[0]
        with contextlib.suppress(ValueError, zlib.error):
            decoded = signing.b64_decode(packed.lstrip(b"."))
            yield zlib.decompress(decoded) if packed.startswith(b".") else decoded
    with contextlib.suppress(ValueError):
        yield base64.b64decode(raw, validate=True)


def _files() -> bytes:
    """Free pages and the write-ahead log included. Read by another process: one that closes a file
    that SQLite has open loses SQLite's locks on it (sqlite.org/howtocorrupt.html, 2.2)."""
    main = Path(str(connection.settings_dict["NAME"]))
    beside = [main.with_name(main.name + suffix) for suffix in ("-wal", "-journal")]
    files = [file for file in (main, *beside) if file.exists()]
    return subprocess.run(["/bin/cat", *files], stdout=subprocess.PIPE, check=True).stdout


def _copied() -> bytes:
    """As pg_dump writes them."""
    heap = bytearray()
    for table in tables():
        with connection.cursor() as cursor, cursor.cursor.copy(f"COPY {table} TO STDOUT") as copy:
            for part in copy:
                heap += part
    return bytes(heap)
