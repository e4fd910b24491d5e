"""One upload at a time: each may take 100 MB of its process while it is read."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext as _

from common.errors import OperationError

# Seconds to wait for an upload before: most are read in less.
WAIT = 5.0
_reading = threading.Lock()


@contextmanager
def one_upload() -> Iterator[None]:
    """Hold it while an upload is read and until it is stored. Raises OperationError after WAIT."""
    if not _reading.acquire(timeout=WAIT):
        text = _("Another file is being read. Upload yours again in a moment.")
        raise OperationError(text, field="file")
    try:
        yield
    finally:
        _reading.release()
