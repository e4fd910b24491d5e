"""Log lines, for people and as JSON for whoever collects them."""

import json
import logging
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from common.web.request_id import current_trace


def trace_of_record(record: logging.LogRecord) -> str:
    """Return the call's own trace id (`extra`), else that of the line's request.

    Django writes of an answer it refused when the request is over, and passes the request.
    """
    request = getattr(record, "request", None)
    named = getattr(record, "trace_id", None) or getattr(request, "trace_id", None)
    return str(named or current_trace())


class RefusalsWithoutTraceback(logging.Filter):
    """Leave the traceback out of lines about an answer below 500.

    Django gives one with every 403 and 400. There is no fault to look for, and anybody can ask for
    as many as the disk holds.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        status = getattr(record, "status_code", None)
        if isinstance(status, int) and status < HTTPStatus.INTERNAL_SERVER_ERROR:
            record.exc_info = record.exc_text = None
        return True


class Lines(logging.Formatter):
    """For people; behind a line that is about one request stands its trace id."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}{trace}", style="{")

    def format(self, record: logging.LogRecord) -> str:
        trace = trace_of_record(record)
        # The API writes its RequestId into the sentence itself.
        told = trace and trace not in record.getMessage()
        record.trace = f" [{trace}]" if told else ""
        return super().format(record)


class JsonLines(logging.Formatter):
    """`at`, `level`, `logger`, `message`, `process`; `trace_id` where the line is about a request,
    `exception` where it has a traceback. Nothing else of the record: it may hold a whole request.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
        }
        if trace_id := trace_of_record(record):
            line["trace_id"] = trace_id
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
