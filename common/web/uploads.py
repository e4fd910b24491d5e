"""Uploaded files, kept from filling the disk."""

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler
from django.http import HttpRequest


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Drops a file that exceeds BATCH_FILE_MB; a form for one file then says that there is none,
    a form for several asks `dropped_files`."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) > settings.BATCH_FILE_MB << 20:
            _dropped(self.request).append(self.file_name or "")
            raise SkipFile
        super().receive_data_chunk(raw_data, start)


def dropped_files(request: HttpRequest) -> list[str]:
    """The names of the files that were too large to be taken."""
    return list(_dropped(request))


def _dropped(request: HttpRequest | None) -> list[str]:
    names: list[str] = request.__dict__.setdefault("_dropped_files", []) if request else []
    return names
