"""The repr of an object, in a traceback or a log line, never contains a secret."""

import dataclasses
import importlib
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType

import pytest
from django.apps import AppConfig

import protocol
from tests.rooms import own_apps

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
    "ReasonFacts.code": "of the platform, a number",
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


def shown_in(package: ModuleType) -> set[str]:
    return {
        f"{each.__name__}.{field.name}"
        for each in dataclasses_of(package)
        if each.__dataclass_params__.repr  # type: ignore[attr-defined]
        for field in dataclasses.fields(each)
        if field.repr and SECRET.search(field.name)
    }


@pytest.mark.parametrize("app", list(own_apps()), ids=lambda app: str(app.name))
def test_no_dataclass_shows_a_field_named_like_a_secret(app: AppConfig) -> None:
    assert app.module is not None
    assert shown_in(app.module) - set(HARMLESS) == set()


def test_the_protocol_core_shows_none_either() -> None:
    assert shown_in(protocol) - set(HARMLESS) == set()
    assert shown_in(protocol)
