"""No uploaded file makes the process grow by more than 100 MB, whatever is in it.

HOSTILE_FILES=all reads those as well that only end after many seconds.
"""

import os
import subprocess
import sys

import pytest
from django.conf import settings

from tests.imports.batches.hostile import FILES, SLOW

MOST_GROWTH = 100_000_000
# Seconds of a processor, several times what any takes.
MOST_SECONDS = 60.0
# What is read after all: it is large or odd, and harmless.
READ = {
    "rows far apart",
    "a long cell",
    "wide rows of one long text",
    "cells of unknown columns",
    "ClientIDs of one device",
}


@pytest.mark.long
def test_no_file_takes_more_memory_or_time_than_it_may() -> None:
    names = [n for n in FILES if n not in SLOW or os.environ.get("HOSTILE_FILES") == "all"]
    command = [sys.executable, "-m", "tests.imports.batches.hostile", *names]
    ran = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True)
    lines = [line.split("\t") for line in ran.stdout.splitlines()]
    assert [line[0] for line in lines] == [name for name in names for _ in range(2)]
    for name, _size, growth, seconds, outcome in lines:
        assert int(growth) < MOST_GROWTH, (name, growth)
        assert float(seconds) < MOST_SECONDS, (name, seconds)
        assert name in READ or not outcome.startswith("read"), (name, outcome)
        assert "Traceback" not in outcome
