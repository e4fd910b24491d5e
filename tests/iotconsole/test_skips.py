"""On a laptop a test may skip for want of a tool; with FORBID_SKIPS, as in CI, nothing may."""

import os
import re
import subprocess
import sys
from pathlib import Path

FILES = {
    "in_a_test": "import pytest\ndef test_it():\n    pytest.skip('no tool')\n",
    "as_a_mark": (
        "import pytest\n@pytest.mark.skipif(True, reason='no tool')\ndef test_it(): pass\n"
    ),
    "whole_file": "import pytest\npytest.skip('no tool', allow_module_level=True)\n",
    "xfail": "import pytest\n@pytest.mark.xfail\ndef test_it(): assert False\n",
}
SKIPS = {"in_a_test", "as_a_mark", "whole_file"}


def run_pytest(directory: Path, forbid: str) -> subprocess.CompletedProcess[str]:
    for name, content in FILES.items():
        (directory / f"test_{name}.py").write_text(content)
    command = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", "-p", "tests.conftest"]
    # An error of collection ends a run, unless it is told to go on.
    options = ["-p", "no:cacheprovider", "-rfE", "--continue-on-collection-errors"]
    return subprocess.run(
        [*command, *options, str(directory)],
        env={**os.environ, "FORBID_SKIPS": forbid},
        capture_output=True,
        text=True,
        check=False,
    )


def test_forbidden_skips_fail_and_say_why_and_expected_failures_pass(tmp_path: Path) -> None:
    run = run_pytest(tmp_path, forbid="1")
    assert run.returncode != 0
    told = re.findall(r"^(?:FAILED|ERROR) (?:\S*/)?test_(\w+)\.py", run.stdout, re.MULTILINE)
    assert sorted(told) == sorted(SKIPS)
    reasons = re.findall(r"skipped where FORBID_SKIPS is set: .*no tool", run.stdout)
    assert len(reasons) >= len(SKIPS)


def test_skips_elsewhere_and_expected_failures_pass(tmp_path: Path) -> None:
    run = run_pytest(tmp_path, forbid="")
    assert run.returncode == 0, run.stdout
    assert "3 skipped, 1 xfailed" in run.stdout
