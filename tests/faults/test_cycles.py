"""The short version of `make faults`: a few kills, on the database of this run."""

import os
import subprocess
import sys
from random import SystemRandom

import pytest
from django.conf import settings

from tests.faults.world import ROOT

# The mark tells that this is about both databases; it starts one of its own.
pytestmark = [pytest.mark.long, pytest.mark.django_db]


def test_nothing_a_client_received_is_lost_when_processes_are_killed() -> None:
    """Its own database and its own chance: what fails can be run again with the seed."""
    database = "sqlite" if settings.TEST_DATABASE == "sqlite" else "postgres"
    seed = SystemRandom().randrange(10**6)
    arguments = [database, "--cycles=4", f"--seed={seed}"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.run", *arguments],
        cwd=ROOT,
        env={**os.environ},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"seed {seed}\n{done.stdout}{done.stderr}"
    assert " 0 violations" in done.stdout
