"""docs/commands.md lists every command and every target of make."""

import re

import pytest
from django.conf import settings
from django.core.management import get_commands

DOCUMENT = (settings.BASE_DIR / "docs" / "commands.md").read_text()
MAKEFILE = (settings.BASE_DIR / "Makefile").read_text()
TARGETS = set(re.findall(r"^\t@echo ['\"]make ([a-z-]+) ", MAKEFILE, re.MULTILINE))
# Django's own, with one option changed.
INTERNAL = {"makemessages"}


def own_commands() -> set[str]:
    apps = {app for app in settings.INSTALLED_APPS if (settings.BASE_DIR / app).is_dir()}
    return {name for name, app in get_commands().items() if app in apps} - INTERNAL


def commands_of_the_document() -> set[str]:
    rows = re.findall(r"^\| `([a-z_]+)[ `]", DOCUMENT, re.MULTILINE)
    return {*rows, *re.findall(r"manage\.py ([a-z_]+)", DOCUMENT)} - {"make"}


def test_the_document_lists_every_command() -> None:
    assert own_commands() - commands_of_the_document() == set()


def test_every_command_of_the_document_exists() -> None:
    assert commands_of_the_document() - set(get_commands()) == set()


def test_the_document_lists_every_target() -> None:
    assert set(re.findall(r"^\| `make ([a-z-]+)[ `]", DOCUMENT, re.MULTILINE)) == TARGETS


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "docs/commands.md"])
def test_every_target_that_a_document_names_exists(document: str) -> None:
    text = (settings.BASE_DIR / document).read_text()
    named = set(re.findall(r"`make ([a-z-]+)", text))
    named |= set(re.findall(r"^make ([a-z-]+)", text, re.MULTILINE))
    assert named
    for target in named:
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target
