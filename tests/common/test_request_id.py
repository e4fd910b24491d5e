"""One id for all that is said about one request."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.conf import LazySettings
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from brokers.webhooks.authenticator import shared_authenticator
from common.ops.logs import JsonLines, Lines, trace_of_record
from common.web import request_id
from common.web.request_id import TraceMiddleware, call_it, current_trace, trace_of
from devices.bulk_actions import job_kind
from jobs.operations import submit
from jobs.registry import KINDS
from jobs.runner import work
from logs.models import LogEntry
from operators.actor import SHELL
from tests.brokers.webhooks.asking import SECRETS, ask
from tests.factories import LISTENER, make_device, make_product

API_NAME = "8B0A2C1E-0000-4000-8000-000000000001"


def record(message: str = "it happened", **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("devices", logging.INFO, "f", 1, message, None, None)
    made.__dict__.update(extra)
    return made


@pytest.fixture(autouse=True)
def no_request() -> Iterator[None]:
    """Other tests call views without the middleware, in this thread."""
    before = request_id._current.set("")
    yield
    request_id._current.reset(before)


@pytest.fixture
def request_(rf: RequestFactory) -> HttpRequest:
    return rf.get("/")


def test_a_line_written_during_a_request_bears_its_id(request_: HttpRequest) -> None:
    written: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        written.extend([Lines().format(record()), JsonLines().format(record())])
        return HttpResponse()

    TraceMiddleware(view)(request_)
    trace = trace_of(request_)
    assert written[0].endswith(f"INFO devices: it happened [{trace}]")
    assert f'"trace_id": "{trace}"' in written[1]


def test_afterwards_and_in_other_threads_lines_bear_none(request_: HttpRequest) -> None:
    others: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        thread = threading.Thread(target=lambda: others.append(current_trace()))
        thread.start()
        thread.join()
        return HttpResponse()

    TraceMiddleware(view)(request_)
    assert others == [""]
    assert Lines().format(record()).endswith("INFO devices: it happened")


def test_a_request_that_fails_leaves_no_id_behind(request_: HttpRequest) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        TraceMiddleware(view)(request_)
    assert current_trace() == ""


def test_a_call_with_a_name_of_its_own_is_called_by_that(request_: HttpRequest) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        call_it(request, API_NAME)
        return HttpResponse(current_trace())

    assert TraceMiddleware(view)(request_).getvalue().decode() == API_NAME
    assert trace_of(request_) == API_NAME
    assert API_NAME in Lines().format(record(request=request_))


def test_an_id_that_the_sentence_tells_is_not_told_twice() -> None:
    line = Lines().format(record(f"API call {API_NAME} failed", trace_id=API_NAME))
    assert line.count(API_NAME) == 1


def test_the_line_of_a_job_or_a_device_bears_what_its_writer_gave(request_: HttpRequest) -> None:
    assert Lines().format(record(trace_id="7f")).endswith("it happened [7f]")


@pytest.mark.django_db(transaction=True)
def test_the_lines_of_a_background_job_bear_its_number(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = make_device(make_product())
    kind = job_kind("disable")

    def fail(*_: object) -> None:
        raise ValueError

    broken = replace(KINDS[kind], chunk=fail)  # type: ignore[arg-type]
    monkeypatch.setitem(KINDS, kind, broken)
    job = submit(SHELL, kind, product=device.product, rows=[device.pk])
    traces: set[str] = set()
    handler = logging.Handler()
    monkeypatch.setattr(handler, "emit", lambda record: traces.add(trace_of_record(record)))
    logger = logging.getLogger("jobs")
    logger.addHandler(handler)
    try:
        work(LISTENER, lambda: False)
    finally:
        logger.removeHandler(handler)
    assert traces == {f"job-{job.pk}"}


@pytest.mark.django_db
def test_what_a_broker_asks_has_one_id_in_the_log_of_devices_and_in_ours(
    settings: LazySettings,
) -> None:
    settings.BROKER_WEBHOOK_SECRETS = {"nanomq": [SECRETS["nanomq"]]}
    shared_authenticator.cache_clear()
    seen: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: seen.append(trace_of_record(record))  # type: ignore[method-assign]
    connect = ("x|securemode=3|", "lamp&a1NoSuchKey", "0" * 64)
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    try:
        # For EMQX 4 and NanoMQ a refusal is a status, which Django notes.
        ask("nanomq/auth", {"clientid": connect[0], "username": connect[1], "password": connect[2]})
    finally:
        logger.removeHandler(handler)
        shared_authenticator.cache_clear()
    assert seen == [LogEntry.objects.get().trace_id]
