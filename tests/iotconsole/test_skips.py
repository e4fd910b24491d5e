"""On a laptop a test may skip for want of a tool; with FORBID_SKIPS, as in CI, nothing may."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

IN_A_TEST = "import pytest\ndef test_it():\n    pytest.skip('no tool')\n"
AS_A_MARK = "import pytest\n@pytest.mark.skipif(True, reason='no tool')\ndef test_it(): pass\n"
WHOLE_FILE = "import pytest\npytest.skip('no tool', allow_module_level=True)\n"
XFAIL = "import pytest\n@pytest.mark.xfail\ndef test_it(): assert False\n"


def run_pytest(file: Path, forbid: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", "-p", "tests.conftest"]
    return subprocess.run(
        [*command, "-p", "no:cacheprovider", str(file)],
        env={**os.environ, "FORBID_SKIPS": forbid},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("content", [IN_A_TEST, AS_A_MARK, WHOLE_FILE])
def test_forbidden_skips_fail_and_say_why(tmp_path: Path, content: str) -> None:
    file = tmp_path / "test_skipping.py"
    file.write_text(content)
    run = run_pytest(file, forbid="1")
    assert run.returncode != 0
    assert "FORBID_SKIPS" in run.stdout
    assert "no tool" in run.stdout


@pytest.mark.parametrize(
    ("content", "forbid"), [(IN_A_TEST, ""), (AS_A_MARK, ""), (XFAIL, ""), (XFAIL, "1")]
)
def test_skips_elsewhere_and_expected_failures_pass(
    tmp_path: Path, content: str, forbid: str
) -> None:
    file = tmp_path / "test_skipping.py"
    file.write_text(content)
    assert run_pytest(file, forbid).returncode == 0
