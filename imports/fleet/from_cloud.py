"""Command-line options for the cloud's API; the secret is never one of them."""

import argparse
import getpass
import os
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from common.errors import OperationError
from imports.fleet.cloud import Cloud, Credentials, Endpoint
from imports.fleet.resume_file import Journal

# The names the cloud's own clients read.
KEY_ID = "ALIBABA_CLOUD_ACCESS_KEY_ID"
KEY_SECRET = "ALIBABA_CLOUD_ACCESS_KEY_SECRET"  # noqa: S105 - the name of a variable
TOKEN = "ALIBABA_CLOUD_SECURITY_TOKEN"  # noqa: S105


def add_cloud_arguments(parser: argparse.ArgumentParser) -> None:
    cloud = parser.add_argument_group(
        "from the cloud",
        f"The AccessKey comes from {KEY_ID} and {KEY_SECRET}, or is asked for. It needs no more "
        "than the right to read.",
    )
    cloud.add_argument("--from-cloud", action="store_true", help="Ask the cloud's API.")
    cloud.add_argument("--region", default="cn-shanghai", help="Default: %(default)s.")
    cloud.add_argument("--endpoint", default="", help="Default: iot.REGION.aliyuncs.com.")
    cloud.add_argument("--instance-id", default="", help="Of an Enterprise instance.")
    cloud.add_argument("--ca-file", type=Path, help="Trust this CA instead of the system's.")
    cloud.add_argument(
        "--only", action="append", default=[], metavar="PRODUCT_KEY", help="Only this product."
    )
    cloud.add_argument(
        "--no-client-ids",
        action="store_true",
        help="Do not ask for the ClientIDs of every device that has connected. Right where no "
        "device registers without pre-registration.",
    )
    cloud.add_argument(
        "--start-over",
        action="store_true",
        help="Ask anew what was answered in the last 24 hours.",
    )


def cloud_of(options: Mapping[str, Any]) -> Cloud:
    """Raises OperationError."""
    journal = journal_of(options)
    if options["start_over"]:
        journal.forget()
    endpoint = _endpoint_of(options)
    return Cloud(
        endpoint,
        _credentials(),
        journal,
        instance_id=options["instance_id"],
        tls=_trust(options["ca_file"]) if endpoint.tls else None,
    )


def journal_of(options: Mapping[str, Any]) -> Journal:
    """Open the journal of one endpoint, instance and account; its content is encrypted."""
    source = f"{_endpoint_of(options).name} {options['instance_id']} {os.environ.get(KEY_ID, '')}"
    return Journal.of(Path(settings.DATA_DIR) / "fleet", source)


def _endpoint_of(options: Mapping[str, Any]) -> Endpoint:
    return Endpoint.parse(options["endpoint"] or f"iot.{options['region']}.aliyuncs.com")


def _credentials() -> Credentials:
    key_id = os.environ.get(KEY_ID) or _asked("AccessKey ID: ", input)
    secret = os.environ.get(KEY_SECRET) or _asked("AccessKey Secret: ", getpass.getpass)
    if not key_id or not secret:
        raise OperationError(f"Set {KEY_ID} and {KEY_SECRET}, or run this on a terminal.")
    return Credentials(key_id.strip(), secret.strip(), os.environ.get(TOKEN, ""))


def _asked(question: str, ask: Any) -> str:
    return str(ask(question)) if sys.stdin.isatty() else ""


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise OperationError(f"{ca_file} is no file of CA certificates.") from error
