"""The size of a request's body: how much was announced, and how much a view may be sent.

Anybody may send 64 KiB, which signing in and every ordinary form fit into. A view that takes files
says so, and its larger limit counts only for people who are signed in (`iotconsole.body_limits`):

    @takes_upload(largest_upload)
    def batch_add(request): ...
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

# Bytes of a body that are read for a stranger.
ANYBODY = 64 * 1024
# What a form has around its files: the other fields, and the lines that divide the parts.
_AROUND_FILES = ANYBODY
# No length that is allowed has more digits.
_LENGTH_DIGITS = 18
_LIMIT = "largest_upload"

View = TypeVar("View", bound=Callable[..., Any])


def takes_upload(files: Callable[[], int]) -> Callable[[View], View]:
    """Let the view be sent so many bytes of files, by people who may change something.

    To be the outermost decorator: it marks what the URL configuration names.
    """

    def mark(view: View) -> View:
        setattr(view, _LIMIT, files)
        return view

    return mark


def upload_limit(view: object) -> int:
    """Bytes a body may have for this view, of people who are signed in."""
    files: Callable[[], int] | None = getattr(view, _LIMIT, None)
    return files() + _AROUND_FILES if files else ANYBODY


def announced_length(environ: Mapping[str, Any]) -> int | None:
    """Bytes of the body by Content-Length, 0 without one; None when it is not a length."""
    text = str(environ.get("CONTENT_LENGTH") or "0")
    if not (text.isascii() and text.isdigit()):
        return None
    return int(text) if len(text) <= _LENGTH_DIGITS else 10**_LENGTH_DIGITS


def is_chunked(environ: Mapping[str, Any]) -> bool:
    """Whether it is sent in chunks, so that nobody knows its length."""
    return "chunked" in str(environ.get("HTTP_TRANSFER_ENCODING", "")).lower()
