"""docs/operations.md and docs/threat-model.md speak of what there is."""

import re
from importlib import import_module

from django.conf import settings
from django.core.management import get_commands

from common.ops.metrics import FieldKeys, registry
from common.ops.periodic_tasks import periodic_tasks

OPERATIONS = (settings.BASE_DIR / "docs" / "operations.md").read_text()
THREATS = (settings.BASE_DIR / "docs" / "threat-model.md").read_text()
LISTENER = (settings.BASE_DIR / "mqtt" / "listener" / "metrics.py").read_text()
# What Prometheus adds to the name of a family.
_SUFFIX = re.compile(r"_(total|bucket|count|sum)$")


def known() -> set[str]:
    for module in ("urls", "machine_endpoints", "request_metrics"):
        import_module(f"iotconsole.{module}")
    import_module("jobs.worker")
    periodic_tasks()
    # A test that served it has added the numbers of the process, which the client library names.
    ours = {f.name for f in registry.collect() if f.name.startswith("iotconsole_")}
    keys = {family.name for family in FieldKeys().collect()}
    calls = re.findall(r'_(?:gauge|counter|counted|histogram)\(\s*"(\w+)"', LISTENER)
    return ours | keys | {f"iotconsole_listener_{name}" for name in calls}


def test_alerts_are_about_numbers_that_are_shown() -> None:
    named = set(re.findall(r"\b(iotconsole_\w+)(?=[{\[ )>])", OPERATIONS))
    assert len(named) > 10
    assert {_SUFFIX.sub("", name) for name in named} - known() == set()


def test_every_number_of_ours_is_explained() -> None:
    for name in known():
        short = name.removeprefix("iotconsole_")
        for program in ("listener_", "worker_"):
            short = short.removeprefix(program)
        assert re.search(rf"(\b|iotconsole_){short}(_total)?\b", OPERATIONS), name


def test_every_command_it_names_exists() -> None:
    named = set(re.findall(r"manage\.py ([a-z_]+)", OPERATIONS + THREATS))
    assert named <= set(get_commands())
