"""Uploaded files, kept from filling the disk."""

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Drops a file that exceeds BATCH_FILE_MB; the form then says that there is none."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) > settings.BATCH_FILE_MB << 20:
            raise SkipFile
        super().receive_data_chunk(raw_data, start)
