"""The README keeps its promises about names."""

import re

import pytest
from django.conf import settings
from django.core.management import get_commands

README = (settings.BASE_DIR / "README.md").read_text()
SETTINGS = (settings.BASE_DIR / "iotconsole" / "settings.py").read_text()


@pytest.mark.parametrize("name", sorted(set(re.findall(r'env\.\w+\(\s*"(\w+)"', SETTINGS))))
def test_every_setting_stands_in_the_table(name: str) -> None:
    table = [line for line in README.splitlines() if line.startswith("| `")]
    assert any(f"`{name}`" in line.split("|")[1] for line in table)


def test_every_command_it_names_exists() -> None:
    named = set(re.findall(r"manage\.py ([a-z_]+)", README))
    assert named
    assert named <= set(get_commands())


def test_every_target_it_names_exists() -> None:
    makefile = (settings.BASE_DIR / "Makefile").read_text()
    for target in set(re.findall(r"`make ([a-z]+)`", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
