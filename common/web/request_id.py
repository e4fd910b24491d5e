"""One id for everything that is said about one request: log lines, error pages, answers.

    trace_of(request)            what this request is called
    call_it(request, request_id) it has a name of its own, as calls of the API do
    with traced(f"job-{number}") the same for what is no request

In log lines it appears by itself (`common.ops.logs`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponseBase

from common.crypto.identifiers import trace_id

_current: ContextVar[str] = ContextVar("trace_id", default="")
_NAME = "trace_id"


def current_trace() -> str:
    """That of the request this thread answers, or nothing."""
    return _current.get()


def trace_of(request: HttpRequest) -> str:
    if not hasattr(request, _NAME):
        setattr(request, _NAME, trace_id())
    return str(getattr(request, _NAME))


def call_it(request: HttpRequest, name: str) -> None:
    setattr(request, _NAME, name)
    _current.set(name)


@contextmanager
def traced(name: str) -> Iterator[None]:
    """Lines written within the block bear this name."""
    before = _current.set(name)
    try:
        yield
    finally:
        _current.reset(before)


class TraceMiddleware:
    """To be the outermost. The threads of a server answer one request after another."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with traced(trace_of(request)):
            return self.get_response(request)
