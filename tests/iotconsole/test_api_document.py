"""docs/api.md says what the API is."""

import re

import pytest
from django.conf import settings

from common.net.http.request_head import MAX_HEAD
from imports.operations import batch_runner
from iotconsole.api_bodies import MOST_BYTES
from iotconsole.rpc_api import ACTIONS
from protocol import rpc
from protocol.rpc_fields import MOST_FIELDS
from tests.iotconsole.test_rpc_api_errors import CAUSES

DOCUMENT = (settings.BASE_DIR / "docs" / "api.md").read_text()
ROWS = re.findall(r"^\| `(\w+)` \| (\w+) \| (\d+) \| ([^|]*) \|", DOCUMENT, re.MULTILINE)


def test_its_table_has_every_action_with_scope_and_limit() -> None:
    told = [(name, scope, int(calls)) for name, scope, calls, _ in ROWS]
    known = [(action.name, action.scope, action.per_second) for action in ACTIONS.values()]
    assert sorted(told) == sorted(known)


# A parameter's own, which the table sums up.
NAMED = re.compile(r"(Missing|Invalid)[A-Za-z]+")
OTHERS = sorted({cause[:2] for cause in CAUSES.values() if not NAMED.fullmatch(cause[1])})


@pytest.mark.parametrize(("status", "code"), OTHERS)
def test_it_tells_every_error_of_the_gateway(status: int, code: str) -> None:
    rows = [line.split("|") for line in DOCUMENT.splitlines() if line.startswith("| `")]
    assert [row for row in rows if f"`{code}`" in row[1] and str(status) in row[2]]


def test_its_limits_are_the_limits() -> None:
    assert MOST_BYTES == 8 * 1024**2
    assert f"URL and headers may have {MAX_HEAD // 1024} KiB" in DOCUMENT
    assert f"{MOST_FIELDS:,} parameters" in DOCUMENT
    assert f"longer than {rpc.LONGEST_TOLD:,} characters" in DOCUMENT
    assert f"more than {batch_runner.AT_ONCE:,} devices" in DOCUMENT
