"""The archive that a workbook is: its parts, unpacked piece by piece.

Nothing is believed of what the archive says about itself: neither how large its directory is, nor
how far a part unpacks.
"""

import zipfile
from collections.abc import Iterator
from typing import IO

_PIECE = 64 * 1024
# Bytes of the archive's directory; a workbook has some dozens of parts, with 60 bytes each.
_DIRECTORY = 256 * 1024
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 1


class UnreadableError(Exception):
    """The file is no workbook, or none that this server reads; the reason is for its log."""


class Archive:
    """`most` bytes may come of all parts together. Names of parts count in any case.

    Besides UnreadableError, whatever zipfile and zlib raise means the same.
    """

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._zip = zipfile.ZipFile(_WithoutLargeReads(file))
        self._left = most
        self._parts = {part.filename.casefold(): part for part in self._zip.infolist()}
        if len(self._parts) != len(self._zip.infolist()):
            raise UnreadableError("two parts have the same name")

    def __contains__(self, name: str) -> bool:
        return name.casefold() in self._parts

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield the content of this part."""
        part = self._parts.get(name.casefold())
        if part is None:
            raise UnreadableError("a part is missing")
        # Other methods unpack a few bytes to a gigabyte at once.
        if part.compress_type not in _METHODS or part.flag_bits & _ENCRYPTED:
            raise UnreadableError("a part is packed as no spreadsheet packs it")
        with self._zip.open(part) as content:
            while piece := content.read(_PIECE):
                self._left -= len(piece)
                if self._left < 0:
                    raise UnreadableError("it unpacks to far more than such a file can need")
                yield piece


class _WithoutLargeReads:
    """A file that zipfile reads in small pieces, but for what it takes for its directory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size > _DIRECTORY:
            raise UnreadableError("its directory is too large")
        content = self._file.read(size if size >= 0 else _DIRECTORY + 1)
        if len(content) > _DIRECTORY:
            raise UnreadableError("its directory is too large")
        return content

    def close(self) -> None:
        """The file is its owner's."""
