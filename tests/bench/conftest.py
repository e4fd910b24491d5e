"""A ground of a few devices, on the tests' database."""

import shutil
from pathlib import Path

import pytest
from django.conf import settings

from bench.environment import Ground
from registration.certificate_names import certificate_names
from registration.pki import ensure_certificates


@pytest.fixture
def ground(process_environment: dict[str, str], tmp_path: Path) -> Ground:
    made = settings.DATA_DIR / "pki"
    ensure_certificates(made, certificate_names("localhost", ()))
    shutil.copytree(made, tmp_path / "pki")
    own = {"DATA_DIR": str(tmp_path), "LOG_LEVEL": "WARNING"}
    return Ground(0.002, {**process_environment, **own}, pinned=False)
