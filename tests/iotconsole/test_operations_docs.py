"""docs/operations.md and docs/threat-model.md speak of what there is."""

import re

import pytest
from django.conf import settings
from django.core.management import get_commands

from common.ops.metrics import FieldKeys, registry

OPERATIONS = (settings.BASE_DIR / "docs" / "operations.md").read_text()
THREATS = (settings.BASE_DIR / "docs" / "threat-model.md").read_text()
LISTENER = (settings.BASE_DIR / "mqtt" / "listener" / "metrics.py").read_text()
# What Prometheus adds to the name of a family.
_SUFFIX = re.compile(r"_(total|bucket|count|sum)$")


def known() -> set[str]:
    import iotconsole.machine_endpoints
    import iotconsole.request_metrics
    import jobs.worker

    assert iotconsole.machine_endpoints
    assert iotconsole.request_metrics
    assert jobs.worker
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


@pytest.mark.parametrize("place", sorted(set(re.findall(r"`([\w/.-]+/[\w.-]+\.py)`", THREATS))))
def test_every_place_that_proves_something_is_there(place: str) -> None:
    assert (settings.BASE_DIR / place).is_file()


def test_links_between_the_documents_lead_somewhere() -> None:
    for text in (OPERATIONS, THREATS):
        for target in re.findall(r"\]\(([\w.-]+\.md)(?:#[\w-]+)?\)", text):
            assert (settings.BASE_DIR / "docs" / target).is_file(), target
    for anchor in re.findall(r"\]\(#([\w-]+)\)", OPERATIONS):
        titles = [re.sub(r"[^\w -]", "", t).lower().replace(" ", "-") for t in
                  re.findall(r"^#+ (.+)$", OPERATIONS, re.MULTILINE)]  # fmt: skip
        assert anchor in titles
