"""Drives the unmodified API client of the cloud. Runs in the client's own interpreter, not in ours.

One JSON object per line: calls on standard input, what came of each on standard output.

    {"endpoint": "host:port", "access_key_id": …, "access_key_secret": …, "v1": bool,
     "action": …, "request": {…}, "ca": file of a CA for https, or null}
    {"raw": the body as it came, "typed": the body as the client's models keep it}
    {"error": code, "message": …, "status": …}
"""

import json
import re
import sys
from typing import Any

from alibabacloud_iot20180120 import models
from alibabacloud_iot20180120.client import Client
from alibabacloud_tea_openapi.models import Config
from alibabacloud_tea_util.models import RuntimeOptions
from Tea.exceptions import TeaException


class Watched(Client):  # type: ignore[misc]
    """Keeps what came, before it is put into models."""

    raw: dict[str, Any]

    def call_api(self, *arguments: Any) -> dict[str, Any]:
        answer: dict[str, Any] = super().call_api(*arguments)
        self.raw = json.loads(json.dumps(answer["body"]))
        return answer


def client_of(order: dict[str, Any]) -> Watched:
    config = Config(
        access_key_id=order["access_key_id"],
        access_key_secret=order["access_key_secret"],
        endpoint=order["endpoint"],
        protocol="https" if order["ca"] else "http",
        region_id="cn-shanghai",
        ca=order["ca"],
    )
    if order["v1"]:
        config.signature_algorithm = "v2"  # as the client calls it
    return Watched(config)


def called(order: dict[str, Any]) -> dict[str, Any]:
    client = client_of(order)
    action = order["action"]
    request = getattr(models, f"{action}Request")().from_map(order["request"])
    method = re.sub(r"(?<!^)(?=[A-Z])", "_", action).lower() + "_with_options"
    # One attempt: an error is what the test wants to see.
    options = RuntimeOptions(autoretry=False, max_attempts=1)
    try:
        answer = getattr(client, method)(request, options)
    except TeaException as error:
        data = error.data or {}
        return {"error": error.code, "message": error.message, "status": data.get("statusCode")}
    return {"raw": client.raw, "typed": answer.body.to_map()}


for line in sys.stdin:
    sys.stdout.write(json.dumps(called(json.loads(line))) + "\n")
    sys.stdout.flush()
