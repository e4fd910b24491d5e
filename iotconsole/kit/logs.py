"""Log lines as JSON, one object each, for whoever collects them."""

import json
import logging
from datetime import UTC, datetime
from typing import Any


class JsonLines(logging.Formatter):
    """`at`, `level`, `logger`, `message`, `process`; `trace_id` where the call gave one (`extra`),
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
        if trace_id := getattr(record, "trace_id", None):
            line["trace_id"] = str(trace_id)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
