"""Brokers that may ask."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from brokers.webhooks.authenticator import shared_authenticator
from tests.brokers.webhooks.asking import SECRETS


@pytest.fixture
def broker_secrets(settings: Settings) -> Iterator[None]:
    settings.BROKER_WEBHOOK_SECRETS = {broker: [secret] for broker, secret in SECRETS.items()}
    shared_authenticator.cache_clear()
    yield
    shared_authenticator.cache_clear()
