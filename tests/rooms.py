"""The project's own apps and models, for tests that go through all of them."""

from collections.abc import Iterator
from pathlib import Path

from django.apps import AppConfig, apps
from django.conf import settings
from django.db.models import Model


def own_apps() -> Iterator[AppConfig]:
    """Those whose code is in this repository."""
    for config in apps.get_app_configs():
        if Path(config.path).parent == settings.BASE_DIR:
            yield config


def own_models() -> Iterator[type[Model]]:
    for config in own_apps():
        yield from config.get_models()
