"""Heads of requests, before Django reads them.

Two of its parsers, of Content-Type and of quoted cookies, take time that grows with the square of
the length: 60 KB cost five seconds, of anybody. What such a header may rightly say is short.
"""

from typing import Any

# A type with its charset, or the boundary of a multipart body, which has 70 characters at most.
LONGEST_CONTENT_TYPE = 256


def tamed(environ: dict[str, Any]) -> dict[str, Any]:
    """The WSGI environment without what takes long to read and means nothing here."""
    content_type, cookies = environ.get("CONTENT_TYPE") or "", environ.get("HTTP_COOKIE") or ""
    changed: dict[str, Any] = {}
    if len(content_type) > LONGEST_CONTENT_TYPE:
        changed["CONTENT_TYPE"] = content_type.partition(";")[0][:LONGEST_CONTENT_TYPE]
    if "\\" in cookies:
        changed["HTTP_COOKIE"] = ";".join(each for each in cookies.split(";") if "\\" not in each)
    return {**environ, **changed} if changed else environ
