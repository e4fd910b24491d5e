"""How gunicorn serves the console. `manage.py serve` adds the address."""

import os
from pathlib import Path

worker_class = "iotconsole.web_workers.WebWorker"
backlog = 4096
# Threads for requests that wait for the database or for the SMS provider; a second process so that
# one busy with Python does not hold up the others.
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 8
# Longer than the SMS provider's time-out; shorter than the supervisor's patience.
timeout = 60
graceful_timeout = 10
# The workers' heartbeat must not wait for a disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - no data in it


def worker_begins(worker: object, metrics_port: str) -> None:
    """It is about to serve; the setting `metrics_port` says where it shows its numbers."""
    # Not before: gunicorn reads this file before there is any Django.
    from django.urls import get_resolver

    from common.ops.gc_tuning import keep_what_is_loaded
    from common.ops.metrics_port import serve_metrics

    list(get_resolver().url_patterns)  # loads the views
    keep_what_is_loaded()
    processes = getattr(getattr(worker, "cfg", None), "workers", workers)
    serve_metrics(metrics_port, processes)


def post_worker_init(worker: object) -> None:
    worker_begins(worker, "HTTP_METRICS_PORT")


# Its default place is shared by all gunicorns of the account.
control_socket_disable = True
loglevel = "warning"
# Like the lines of the others, which Django's settings say.
if os.environ.get("LOG_FORMAT") == "json":
    _to_stderr = {"handlers": ["stderr"], "propagate": False}
    logconfig_dict = {
        "root": {"level": os.environ.get("LOG_LEVEL", "INFO"), "handlers": ["stderr"]},
        "loggers": {
            "gunicorn.error": {"level": loglevel.upper(), **_to_stderr},
            "gunicorn.access": {"level": loglevel.upper(), **_to_stderr},
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "formatters": {"json": {"()": "common.ops.logs.JsonLines"}},
    }
