"""Brokers that may ask."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from devices.webhooks.desk import desk
from tests.devices.webhooks.asking import SECRETS


@pytest.fixture
def broker_secrets(settings: Settings) -> Iterator[None]:
    settings.BROKER_WEBHOOK_SECRETS = {broker: [secret] for broker, secret in SECRETS.items()}
    desk.cache_clear()
    yield
    desk.cache_clear()
