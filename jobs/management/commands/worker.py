"""manage.py worker: background jobs and periodic rounds until told to stop."""

import logging
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from common.ops.metrics_port import serve_metrics
from jobs.worker import Worker

logger = logging.getLogger("jobs.worker")


class Command(BaseCommand):
    help = "Do what takes longer than a page may, and what is due again and again."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        worker = Worker()
        worker.start()
        serve_metrics("WORKER_METRICS_PORT")
        logger.info("working")
        stop.wait()
        worker.stop()
        logger.info("stopped")
