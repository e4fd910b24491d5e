"""What is shown of an object, in a traceback or a log line, never is a secret it holds."""

import dataclasses
import importlib
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType

import pytest

import devices
import iotconsole
import operators
import products
import registration

SECRET = re.compile(
    r"secret|password|token|credential|(^|_)codes?$|signature|private|authorization"
)
# Named like a secret, and none.
HARMLESS = {
    "ConnAck.code": "of MQTT, a number",
    "SubAck.codes": "the same",
    "DeviceFacts.secret_blocked": "whether it may be revealed",
    "ChallengeState.backup_codes_left": "how many",
    "HeldDevice.secret_blocked": "the same",
    "HeldDevice.secret_version": "a number",
    "Proven.secret_version": "the same",
    "Reason.code": "of the platform, a number",
    "Rekeyed.secrets": "how many",
    "Unit.credential": "whose own repr hides it",
}


def modules(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if ".migrations" not in found.name:
            yield importlib.import_module(found.name)


def dataclasses_of(package: ModuleType) -> Iterator[type]:
    for module in modules(package):
        for each in vars(module).values():
            if isinstance(each, type) and dataclasses.is_dataclass(each):
                yield each


@pytest.mark.parametrize("package", [devices, iotconsole, operators, products, registration])
def test_no_dataclass_shows_a_field_named_like_a_secret(package: ModuleType) -> None:
    classes = set(dataclasses_of(package))
    assert len(classes) > 1
    shown = {
        f"{each.__name__}.{field.name}"
        for each in classes
        if each.__dataclass_params__.repr  # type: ignore[attr-defined]
        for field in dataclasses.fields(each)
        if field.repr and SECRET.search(field.name)
    }
    assert shown - set(HARMLESS) == set()
