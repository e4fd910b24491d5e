"""Answers of the RPC API as JSON or XML (console_api.md 3.4)."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape

from django.http import HttpResponse

# Clients compare these two to the letter.
_JSON, _XML = "application/json;charset=utf-8", "text/xml;charset=utf-8"
# What XML 1.0 cannot hold in any form.
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def respond(content: Mapping[str, Any], root: str, *, xml: bool, status: int = 200) -> HttpResponse:
    """`root` names the element around it; a list repeats the element of its name."""
    text = _document(root, content) if xml else _json(content)
    body = text.encode()
    return HttpResponse(
        body,
        status=status,
        content_type=_XML if xml else _JSON,
        headers={"Content-Length": str(len(body))},
    )


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _document(root: str, content: Mapping[str, Any]) -> str:
    return "".join(["<?xml version='1.0' encoding='UTF-8'?>", *_element(root, content)])


def _element(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _element(name, each)
        return
    yield f"<{name}>"
    if isinstance(value, Mapping):
        for inner, each in value.items():
            yield from _element(inner, each)
    else:
        yield escape(_NOT_XML.sub("", _text(value)))
    yield f"</{name}>"


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
